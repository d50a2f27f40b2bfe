import { type LeaseHolder, mayBeAlive, parseHolder } from '../targets/holder.js';
import type { TargetRecord } from '../targets/registry.js';

/** This process, for old consumers of the status document (docs/status.md). */
export interface Foreground extends WhereTo {
  readonly package_version: string;
  readonly executable_path: string;
  readonly source_path: string;
  readonly pid: number;
}

/** Where a process sends, as whom and for which old queue; all three only in a home of Spec Kitty. */
export interface WhereTo {
  readonly server_url?: string | null;
  readonly team_or_user?: string | null;
  readonly queue_db_path?: string | null;
}

/** The process that owns a target's lease. */
export interface OwnerRecord extends WhereTo {
  /** `orphan`: its process is gone. `absent`: the lease is taken and does not say by whom. */
  readonly status: 'present' | 'absent' | 'orphan';
  readonly pid: number | null;
  readonly port: number | null;
  readonly package_version: string | null;
  readonly executable_path: string | null;
  readonly source_path: string | null;
}

/** A lease that a process left behind. */
export interface OrphanRecord extends OwnerRecord {
  readonly target_id: number;
}

/** The process at work differs from this one in something that decides where events go. */
export interface Mismatch {
  readonly field: 'package_version' | 'server_url' | 'team_or_user';
  readonly foreground_value: string | null;
  readonly daemon_value: string | null;
  readonly remediation_hint: string;
}

/** Who owns a target's lease, judged by the lease and whether that process lives; null when nobody does. */
export function ownerOf(target: Pick<TargetRecord, 'leaseHolder'> | undefined): OwnerRecord | null {
  if (target === undefined || target.leaseHolder === null) return null;
  const holder = parseHolder(target.leaseHolder);
  if (typeof holder?.pid !== 'number') return { ...NOBODY };
  return { ...fieldsOf(holder), status: mayBeAlive(holder) ? 'present' : 'orphan' };
}

/** Leases of any target whose process is gone. */
export function orphansAmong(targets: readonly TargetRecord[]): OrphanRecord[] {
  return targets.flatMap((target) => {
    const owner = ownerOf(target);
    return owner?.status === 'orphan' ? [{ target_id: target.id, ...owner }] : [];
  });
}

const COMPARED: readonly Mismatch['field'][] = ['package_version', 'server_url', 'team_or_user'];

/** Where a living owner differs from this process. What either does not know is no difference. */
export function mismatchesOf(foreground: Foreground, owner: OwnerRecord | null): Mismatch[] {
  if (owner?.status !== 'present') return [];
  return COMPARED.filter(
    (field) =>
      owner[field] != null && foreground[field] != null && owner[field] !== foreground[field],
  ).map((field) => ({
    field,
    foreground_value: foreground[field] ?? null,
    daemon_value: owner[field] ?? null,
    remediation_hint: `stop process ${owner.pid} with \`kill ${owner.pid}\` (it finishes its batch first), then run \`redrain now\``,
  }));
}

const NOBODY: OwnerRecord = Object.freeze({
  status: 'absent',
  pid: null,
  port: null,
  package_version: null,
  executable_path: null,
  source_path: null,
  server_url: null,
  team_or_user: null,
  queue_db_path: null,
});

function fieldsOf(holder: LeaseHolder): Omit<OwnerRecord, 'status'> {
  const { pid, port, package_version, executable_path, source_path } = holder;
  const { server_url, team_or_user, queue_db_path } = holder;
  return {
    pid,
    port: port ?? null,
    package_version: package_version ?? null,
    executable_path: executable_path ?? null,
    source_path: source_path ?? null,
    server_url: server_url ?? null,
    team_or_user: team_or_user ?? null,
    queue_db_path: queue_db_path ?? null,
  };
}

/** A record without what only users of Spec Kitty want to know. */
export function withoutWhereTo<T extends WhereTo>(record: T): T {
  const { server_url: _url, team_or_user: _who, queue_db_path: _queue, ...rest } = record;
  return rest as T;
}
