import { join } from 'node:path';
import { RedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';
import { OsLock } from '../files/os-lock.js';
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
  } finally {
    lock.release();
  }
}
