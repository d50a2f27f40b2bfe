import { type BigIntStats, statSync } from 'node:fs';
import { errorCode } from '../../files/storage-errors.js';

/** What SQLite keeps beside a database and needs to read it. `-shm` only indexes the `-wal`. */
export const SIDECARS = ['-journal', '-wal', '-shm'] as const;
const CONTENTS = ['', '-journal', '-wal'] as const;

/** What a file and its sidecars look like from outside. */
export interface Fingerprint {
  /** Equal texts mean that nothing was written in between. */
  readonly text: string;
  /** Epoch milliseconds of the last change of any of them. */
  readonly changedAt: number;
  readonly bytes: number;
}

/**
 * Reads sizes and times, opens nothing. Throws when the file is gone or may
 * not be looked at.
 */
export function fingerprintOf(file: string): Fingerprint {
  const parts: string[] = [];
  let changedAt = 0;
  let bytes = 0;
  for (const suffix of CONTENTS) {
    const stat = statOf(file + suffix, suffix === '');
    if (stat === undefined) continue;
    parts.push(`${suffix}:${stat.ino}.${stat.size}.${stat.mtimeNs}.${stat.ctimeNs}`);
    changedAt = Math.max(changedAt, Number(stat.mtimeMs), Number(stat.ctimeMs));
    bytes += Number(stat.size);
  }
  return { text: parts.join(' '), changedAt, bytes };
}

function statOf(path: string, isNeeded: boolean): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true });
  } catch (error) {
    if (!isNeeded && errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
