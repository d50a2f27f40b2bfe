import { hostname } from 'node:os';
import { shownAddress } from '../address/shown-address.js';
import { isAlive } from '../files/is-alive.js';
import { VERSION } from '../version.js';

/** Who holds a lease, as `status` shows it (docs/status.md, `daemon_owner_record`). */
export interface LeaseHolder {
  readonly pid: number;
  readonly host: string;
  readonly port: number | null;
  readonly package_version: string;
  readonly executable_path: string;
  readonly source_path: string;
  readonly server_url: string | null;
  readonly team_or_user: string | null;
  readonly queue_db_path: string | null;
}

export function thisProcess(
  target: Pick<LeaseHolder, 'server_url' | 'team_or_user' | 'queue_db_path'>,
): LeaseHolder {
  return {
    pid: process.pid,
    host: hostname(),
    port: null,
    package_version: VERSION,
    executable_path: process.execPath,
    source_path: process.argv[1] ?? '',
    ...target,
  };
}

/** The record in a lease, or undefined when there is none that can be read. */
export function parseHolder(holder: string | null): LeaseHolder | undefined {
  if (holder === null) return undefined;
  try {
    const record = JSON.parse(holder) as LeaseHolder;
    const { server_url: url } = record;
    return { ...record, server_url: typeof url === 'string' ? shownAddress(url) : null };
  } catch {
    return undefined;
  }
}

/** False only for a process of this host that is known to be gone. */
export function mayBeAlive(record: Pick<LeaseHolder, 'pid' | 'host'>): boolean {
  if (record.host !== hostname()) return true;
  return isAlive(record.pid);
}
