import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { OsLock } from '../../files/os-lock.js';
import { plainMessage } from '../../files/trouble.js';
import type { ErasedEvent, ErasurePlace } from '../../retention/erased-event.js';
import type { App } from '../app.js';

/** Files of the spool: those that wait, those kept to be looked at, those left half written. */
export function spoolPlace({ spool }: App): ErasurePlace {
  const mayStillHold = (path: string): string =>
    `${path}: a part of it that cannot be read may be of the event; look, and delete the file`;
  return {
    name: 'spool',
    look: async ({ eventId }) => ({ copies: spool.countHolding(eventId), remains: [] }),
    erase: async (event) => {
      try {
        const { files, left } = spool.erase(event.eventId, holds(event));
        return { copies: files, remains: left.map(mayStillHold) };
      } catch (error) {
        return { copies: 0, remains: [`the spool: ${plainMessage(error)}`] };
      }
    },
  };
}

/** Whether bytes name the event or repeat its contents, whole or cut off. */
function holds({ eventId, content }: ErasedEvent): (part: Buffer) => boolean {
  const id = JSON.stringify(eventId);
  return (part) => part.includes(id) || content.isIn(part.toString('utf8'));
}

/** Copies of old queue files that a migration left when it was killed. */
export function scratchPlace({ paths }: App): ErasurePlace {
  const scratch = join(paths.state, 'scratch');
  return {
    name: 'scratch copies of old queues',
    look: async () => ({ copies: existsSync(scratch) ? 1 : 0, remains: [] }),
    erase: async () => {
      if (!existsSync(scratch)) return { copies: 0, remains: [] };
      const lock = OsLock.tryAcquire(join(paths.locksDir, 'migrate.lock'));
      if (lock === undefined)
        return {
          copies: 0,
          remains: [`${scratch}: a migration works on copies of old queues; run the command again`],
        };
      try {
        rmSync(scratch, { recursive: true, force: true });
        return { copies: 1, remains: [] };
      } finally {
        lock.release();
      }
    },
  };
}
