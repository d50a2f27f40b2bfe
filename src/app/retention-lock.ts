import { join } from 'node:path';
import { RedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';
import { OsLock } from '../files/os-lock.js';
import { StorageUnavailableError } from '../files/storage-errors.js';
import type { App } from './app.js';

/** Another command is purging, archiving, restoring or redacting, and this one was told to stop waiting. */
export class RetentionBusyError extends RedrainError {
  override readonly name = 'RetentionBusyError';
  readonly code = 'RETENTION_BUSY';
  override readonly exitCode = EXIT.interrupted;
  constructor() {
    super('another command is deleting or restoring payload bytes: run this one again later');
  }
}

/** The role of the storage URL captures and delivers, and is not the one that may delete bytes. */
export class RetentionRightsError extends RedrainError {
  override readonly name = 'RetentionRightsError';
  readonly code = 'RETENTION_FORBIDDEN';
  override readonly exitCode = EXIT.badInput;
  constructor(shown: string, role: string, options?: ErrorOptions) {
    super(
      `${shown}: gc, archive, restore and redact need the role "${role}", and the role of the storage URL is not a member of it`,
      {
        ...options,
        advice:
          'name one that is, for this command alone, in REDRAIN_STORAGE_URL; `redrain storage check` says what a role may do',
      },
    );
  }
}

/**
 * Runs work that deletes payload bytes or restores them, one command at a
 * time: two archives of the same events would be one too many.
 */
export async function withRetentionLock<T>(
  app: App,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const lock = await OsLock.acquire(join(app.paths.locksDir, 'retention.lock'), signal);
  if (lock === undefined) throw new RetentionBusyError();
  try {
    return await work();
  } catch (error) {
    throw await inPlainWords(app, error);
  } finally {
    lock.release();
  }
}

/** What a server refuses a role is said with the role that may. */
async function inPlainWords(app: App, error: unknown): Promise<unknown> {
  if (!(error instanceof StorageUnavailableError) || error.trouble !== 'forbidden') return error;
  const { administration, shown } = await app.engine();
  if (administration === undefined) return error;
  return new RetentionRightsError(shown, administration.retentionRole, { cause: error });
}
