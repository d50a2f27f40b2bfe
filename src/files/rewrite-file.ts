import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { RedrainError } from '../base/error.js';
import { step } from '../base/steps.js';
import { makeDirectory, syncDirectory } from './directory.js';
import { removeIfThere } from './durable-file.js';
import { isAlive } from './is-alive.js';
import { readPlainFile } from './plain-file.js';

/** Somebody else kept the file for longer than we wait. */
export class FileBusyError extends RedrainError {
  override readonly name = 'FileBusyError';
  readonly code = 'FILE_BUSY';
  constructor(readonly file: string) {
    super(`${file} is being edited by another process. Try again in a moment.`);
  }
}

/** From the bytes there are (undefined: no file) to those there shall be (undefined: leave it). */
export type Rewrite = (before: Buffer | undefined) => string | undefined;

/**
 * Reads a small file, rewrites it and puts the result in its place in one step,
 * with no other redrain in between: readers see the old file or the new one,
 * whatever crashes. Links are followed, mode and owner kept; a new file is 0600
 * and its missing directory 0700. `rewrite` runs again when another process got
 * in the way, so it must not have effects of its own. True when it changed.
 *
 * @throws FileBusyError when others hold the file for `waitMs`.
 */
export async function rewriteFile(
  path: string,
  rewrite: Rewrite,
  { waitMs = 15_000 } = {},
): Promise<boolean> {
  const file = followLinks(path);
  makeDirectory(dirname(file));
  const deadline = Date.now() + waitMs;
  for (;;) {
    const claim = tryClaim(file);
    const done = claim && attempt(file, claim, rewrite);
    if (done !== undefined) return done;
    if (Date.now() >= deadline) throw new FileBusyError(file);
    // Random, so that two that saw each other do not meet again.
    await pause(2 + Math.random() * 20);
  }
}

/** Undefined when the claim was lost to somebody who took us for dead. */
function attempt(file: string, claim: Claim, rewrite: Rewrite): boolean | undefined {
  let isPublished = false;
  try {
    const before = readIfPresent(file);
    const after = rewrite(before?.bytes);
    if (after === undefined || before?.bytes.equals(Buffer.from(after))) return false;
    step('rewrite.claimed');
    fill(claim.descriptor, after, before?.stat);
    step('rewrite.filled');
    isPublished = publish(claim.path, file);
    return isPublished || undefined;
  } finally {
    if (isPublished) closeSync(claim.descriptor);
    else withdraw(claim);
  }
}

function fill(descriptor: number, text: string, like: Stats | undefined): void {
  const bytes = Buffer.from(text);
  for (let written = 0; written < bytes.length; ) {
    written += writeSync(descriptor, bytes, written);
  }
  if (like !== undefined) copyOwnership(descriptor, like);
  fsyncSync(descriptor);
}

/** The owner is kept where we may; the mode always. */
function copyOwnership(descriptor: number, { mode, uid, gid }: Stats): void {
  if (uid !== process.getuid?.() || gid !== process.getgid?.()) {
    ignoring(['EPERM'], () => fchownSync(descriptor, uid, gid));
  }
  fchmodSync(descriptor, mode & 0o777);
}

function publish(claim: string, file: string): boolean {
  try {
    renameSync(claim, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  step('rewrite.renamed');
  syncDirectory(dirname(file));
  step('rewrite.durable');
  return true;
}

function readIfPresent(file: string): { bytes: Buffer; stat: Stats } | undefined {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat && { bytes: readPlainFile(file), stat };
}

/** The file a path finally names, also when its last link points to nothing yet. */
function followLinks(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  try {
    return followLinks(resolve(dirname(path), readlinkSync(path)));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EINVAL' || code === 'ENOENT') return path;
    throw error;
  }
}

function ignoring(codes: readonly string[], act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!codes.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/** An edit takes milliseconds; a claim this old, or from the future, was left by a crash or a stopped process. */
const ABANDONED_AFTER_MS = 10_000;

/** The right to rewrite one file, for as long as its claim file exists. */
export interface Claim {
  /** A file of ours beside the target, unique, to be filled and renamed onto it. */
  readonly path: string;
  readonly descriptor: number;
}

/**
 * Announces that this process wants to rewrite `file`, then looks whether
 * anybody else does: undefined when so. Of two that announce at once each sees
 * the other, so both may withdraw but never both go on. Claims of dead
 * processes are swept away first. A live one swept by mistake (its process was
 * stopped for long) does no harm: publishing is renaming that very file, and
 * then fails.
 */
export function tryClaim(file: string, now = Date.now()): Claim | undefined {
  if (rivals(file, undefined, now)) return undefined;
  const path = join(dirname(file), claimName(file));
  const descriptor = openSync(path, 'wx', 0o600);
  if (!rivals(file, path, now)) return { path, descriptor };
  withdraw({ path, descriptor });
  return undefined;
}

/** Gives the claim up; nothing was published. */
export function withdraw({ path, descriptor }: Claim): void {
  closeSync(descriptor);
  removeIfThere(path);
}

function rivals(file: string, own: string | undefined, now: number): boolean {
  const directory = dirname(file);
  const claims = readdirSync(directory).filter((name) => name.startsWith(claimPrefix(file)));
  let rival = false;
  for (const path of claims.map((name) => join(directory, name))) {
    if (path === own) continue;
    if (isAbandoned(path, now)) removeIfThere(path);
    else rival = true;
  }
  return rival;
}

function isAbandoned(path: string, now: number): boolean {
  const [host, pid] = basename(path).split('.redrain-').at(-1)?.split('-') ?? [];
  if (host === HOST && !isAlive(Number(pid))) return true;
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined || Math.abs(now - stat.mtimeMs) > ABANDONED_AFTER_MS;
}

/** Process ids mean something on one host only; containers share homes, not ids. */
const HOST = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);

const claimPrefix = (file: string): string => `.${basename(file)}.redrain-`;

const claimName = (file: string): string =>
  `${claimPrefix(file)}${HOST}-${process.pid}-${randomBytes(8).toString('hex')}`;
