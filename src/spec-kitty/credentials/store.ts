import { chmodSync, statSync } from 'node:fs';
import { RedrainError } from '../../base/error.js';
import { EXIT } from '../../base/exit-codes.js';
import type { Secret } from '../../config/secret.js';
import { BrokenTomlError, decodeToml, parseToml } from '../../config/toml.js';
import { editToml, type TomlChange } from '../../config/toml-edit.js';
import { replaceFile } from '../../files/durable-file.js';
import { MAX_TEXT_BYTES, readPlainFile } from '../../files/plain-file.js';
import { rewriteFile } from '../../files/rewrite-file.js';
import { errorCode, whyNot } from '../../files/trouble.js';
import { ownCredentialPath, ownPlaces } from './formats.js';

/** redrain's own credentials file cannot be used as it is; nothing was changed. */
export class CredentialStoreError extends RedrainError {
  override readonly name = 'CredentialStoreError';
  readonly code = 'CREDENTIALS_UNUSABLE';
  override readonly exitCode = EXIT.blocked;
  constructor(
    readonly path: string,
    readonly reason: string,
  ) {
    super(`${path} cannot be used: ${reason}. Fix or remove the file, then try again.`);
  }
}

/** A login as `redrain login` keeps it. Times in milliseconds since 1970; null where unknown. */
export interface NewLogin {
  readonly origin: string;
  readonly access: Secret;
  readonly refresh: Secret | null;
  readonly expiresAt: number | null;
  readonly refreshExpiresAt: number | null;
  readonly username: string | null;
  readonly teamSlug: string | null;
}

/**
 * Makes this the one login for its origin, in place of any earlier one; those
 * of other servers stay, comments included. The file is made, or left, readable
 * by its owner alone.
 *
 * @throws CredentialStoreError, FileBusyError, TomlEditError.
 */
export async function keepLogin(path: string, login: NewLogin): Promise<void> {
  // Before the secret is in it: a file that others may read must not get one.
  if (isReadByOthers(path)) closeToOthers(path);
  await rewriteFile(path, (before) => {
    const text = usableText(path, before);
    return editToml(text, [...removals(text, login.origin), ...additions(login)]);
  });
}

/** Removes the login for an origin; false when there was none. @throws as `keepLogin`. */
export async function forgetLogin(path: string, origin: string): Promise<boolean> {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return false;
  let isThere = false;
  await rewriteFile(path, (before) => {
    if (before === undefined) return undefined;
    const text = usableText(path, before);
    const changes = removals(text, origin);
    isThere = changes.length > 0;
    return isThere ? editToml(text, changes) : undefined;
  });
  return isThere;
}

/** Finds a file that could not be used before a password is asked for. @throws CredentialStoreError. */
export function assertStoreUsable(path: string): void {
  try {
    usableText(path, readPlainFile(path, MAX_TEXT_BYTES));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof CredentialStoreError || code === undefined) throw error;
    if (code !== 'ENOENT' && code !== 'ENOTDIR')
      throw new CredentialStoreError(path, whyNot(error));
  }
}

/** The text of the file, empty when there is none. @throws CredentialStoreError. */
function usableText(path: string, bytes: Buffer | undefined): string {
  try {
    const text = decodeToml(bytes ?? Buffer.alloc(0));
    parseToml(text);
    return text;
  } catch (error) {
    if (error instanceof BrokenTomlError) throw new CredentialStoreError(path, error.message);
    throw error;
  }
}

const removals = (text: string, origin: string): TomlChange[] =>
  ownPlaces(parseToml(text), origin).map(({ path }) => ({ path, value: undefined }));

function additions(login: NewLogin): TomlChange[] {
  const fields: (readonly [Parameters<typeof ownCredentialPath>[1], string | null])[] = [
    ['access', login.access.reveal()],
    ['refresh', login.refresh?.reveal() ?? null],
    ['access_expires_at', isoTime(login.expiresAt)],
    ['refresh_expires_at', isoTime(login.refreshExpiresAt)],
    ['username', login.username],
    ['team_slug', login.teamSlug],
  ];
  return fields.flatMap(([field, value]) =>
    value === null ? [] : [{ path: ownCredentialPath(login.origin, field), value }],
  );
}

const isoTime = (time: number | null): string | null =>
  time === null ? null : new Date(time).toISOString();

/** On a volume that belongs to somebody else the file may be theirs: who may write it may replace it. */
function closeToOthers(path: string): void {
  try {
    chmodSync(path, 0o600);
  } catch (error) {
    if (errorCode(error) !== 'EPERM') throw error;
    replaceFile(path, readPlainFile(path, MAX_TEXT_BYTES));
  }
}

/** Windows has no such modes, and says 0666 of every file. */
function isReadByOthers(path: string): boolean {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
  return process.platform !== 'win32' && (mode & 0o077) !== 0;
}
