import {
  type Foreground,
  type Mismatch,
  mismatchesOf,
  type OrphanRecord,
  type OwnerRecord,
  orphansAmong,
  ownerOf,
  withoutWhereTo,
} from '../reports/processes.js';
import type { ProcessFields } from '../reports/status-document.js';
import type { ResolvedSyncTarget } from '../spec-kitty/authority.js';
import { thisProcess } from '../targets/holder.js';
import type { TargetRecord } from '../targets/registry.js';
import type { App } from './app.js';
import { activeRow } from './named-target.js';
import { hostedTarget } from './readiness.js';
import type { Situation } from './situation.js';

/** Who drains the active target now, and whether that is somebody like us. */
export interface PreflightReport {
  /** False when another version, server or identity holds the target, or a process that has ended. */
  readonly ok: boolean;
  /** Only where Spec Kitty is used: its server; null when config.toml or an address in it cannot be used. */
  readonly target?: Readonly<ResolvedSyncTarget> | null | undefined;
  readonly foreground: Foreground;
  /** Null when no process drains it. */
  readonly owner: OwnerRecord | null;
  readonly mismatches: readonly Mismatch[];
  readonly orphans: readonly OrphanRecord[];
}

/** Judges leases by their rows and by whether their processes live. Changes nothing, creates nothing. */
export function preflight(app: App): Promise<PreflightReport> {
  return app.reading(async ({ situation, stores }) => {
    const targets = (await stores?.targets.list()) ?? [];
    const current = await activeRow(stores?.targets, situation);
    const { foreground, owner, mismatches, orphans } = processes(app, situation, targets, current);
    const ok = mismatches.length === 0 && orphans.length === 0;
    const target = hostedTarget(situation);
    return {
      ok,
      ...(target === undefined ? {} : { target }),
      foreground,
      owner,
      mismatches,
      orphans,
    };
  });
}

/** The same as `status` shows it, and whether the target in force wants to know who we are. */
export function processFields(
  app: App,
  situation: Situation,
  targets: readonly TargetRecord[],
  current: TargetRecord | undefined,
): ProcessFields {
  const { foreground, owner, mismatches, orphans } = processes(app, situation, targets, current);
  return {
    ...authentication(situation),
    live_orphan_daemon_count: orphans.length,
    foreground,
    daemon_owner_record: owner,
    mismatches,
    orphan_records: orphans,
  };
}

function authentication(situation: Situation) {
  const { required, present } = situation.kind?.authentication(situation) ?? {
    required: false,
    present: situation.authority?.credentials.state === 'found',
  };
  return { auth_required: required, auth_present: present };
}

/** This process, the one that owns the current target's lease, and those that left one behind. */
function processes(
  app: App,
  situation: Situation,
  targets: readonly TargetRecord[],
  current: TargetRecord | undefined,
) {
  const shown = situation.usesSpecKitty ? <T>(record: T): T => record : withoutWhereTo;
  const foreground = shown(foregroundOf(app, situation));
  const holder = ownerOf(current);
  const owner = holder && shown(holder);
  return {
    foreground,
    owner,
    mismatches: mismatchesOf(foreground, owner),
    orphans: orphansAmong(targets).map((orphan) => shown(orphan)),
  };
}

function foregroundOf(app: App, { authority, active, kind, description }: Situation): Foreground {
  const resolved = authority?.resolved;
  const isOwn = active.state === 'target' && kind?.isHosted === false;
  const server_url = isOwn ? active.identity.canonicalUrl : resolved?.resolved_server_url;
  const team = description?.teamSlug || description?.userEmail || resolved?.team_slug;
  const { pid, package_version, executable_path, source_path } = thisProcess(UNNAMED);
  return {
    package_version,
    executable_path,
    source_path,
    server_url: server_url ?? null,
    team_or_user: isOwn ? null : (team ?? resolved?.user_id ?? null),
    queue_db_path: resolved?.queue_db_path ?? app.paths.legacyQueue,
    pid,
  };
}

const UNNAMED = { server_url: null, team_or_user: null, queue_db_path: null };
