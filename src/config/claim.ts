import { createHash, randomBytes } from 'node:crypto';
import { closeSync, openSync, readdirSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { removeIfThere } from '../files/durable-file.js';
import { isAlive } from '../files/is-alive.js';

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
