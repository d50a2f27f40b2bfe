import { DEFAULT_SETTINGS } from '../config/settings.js';
import { DRAIN_BLOCKED_REASONS, type DrainBlockedReason } from '../dispatch/ports.js';
import { plainMessage } from '../files/trouble.js';
import { blockedReason } from '../policy/capture-reason.js';
import { policyOf } from '../policy/mode.js';
import { permissionOf } from '../policy/permission.js';
import { assess, holds } from '../reports/assess.js';
import { emptySections } from '../reports/empty-sections.js';
import type { Finding } from '../reports/finding.js';
import {
  type OldQueueSections,
  oldQueueSections,
  type WaitingFile,
  waitingFiles,
} from '../reports/old-queues.js';
import type { UnreadableSection } from '../reports/or-unreadable.js';
import type {
  AuthoritySection,
  OlderFields,
  StatusDocument,
  StatusSections,
  TargetLedger,
} from '../reports/status-document.js';
import { archivesInForce } from '../retention/archives-in-force.js';
import { reportAuthority } from '../spec-kitty/authority-report.js';
import { identityOf } from '../spec-kitty/credentials/credentials.js';
import { oldQueueState } from '../spec-kitty/legacy/old-queue-state.js';
import { readSections } from '../sqlite/reports/reports.js';
import { type RunningDrain, runningDrains } from '../sqlite/reports/running-drain.js';
import type { TargetIdentity } from '../targets/identity.js';
import type { TargetRecord } from '../targets/registry.js';
import type { App } from './app.js';
import { type Check, isFinding } from './doctor/check.js';
import { examineDelivery } from './doctor/delivery.js';
import { examineHome } from './doctor/home.js';
import { examineRuntime } from './doctor/runtime.js';
import { schemaFindings } from './doctor/schema.js';
import { jobsSection } from './jobs/jobs-section.js';
import { kindOf } from './kinds.js';
import { processes } from './preflight.js';
import { type Obstacle, obstacleOf } from './readiness.js';
import type { Situation } from './situation.js';
import type { Stores } from './stores.js';
import { projectsNow } from './target-permission.js';
import { wayOut } from './way-out.js';

/** The document, and what it is judged by. */
export interface StatusReport {
  readonly document: StatusDocument;
  /** Those of the document. */
  readonly findings: readonly Finding[];
  /** Home, configuration and login: what was found, and what is well. */
  readonly around: readonly (Finding | Check)[];
  /** What keeps events from leaving, as far as this machine can tell. */
  readonly obstacle: Obstacle | undefined;
  readonly situation: Situation;
  /** Every known target, first seen first. */
  readonly targets: readonly TargetRecord[];
  /** Why sections could not be read. */
  readonly unreadable: readonly unknown[];
}

/** The whole status document. Changes nothing and blocks no writer; works on a home without a journal. */
export async function readStatus(app: App): Promise<StatusDocument> {
  return (await reportStatus(app)).document;
}

/** The status document with what follows from it. */
export async function reportStatus(app: App): Promise<StatusReport> {
  const situation = await app.situation();
  // Before the journal is open: SQLite gives its log the mode of the journal.
  const home = [...examineRuntime(), ...examineHome(app)];
  const read = await fromStores(app, situation);
  const { sections, targets, current, oldQueues, unreadable } = read;
  const jobs = await jobsSection(app);
  const older = olderFields(app, situation, targets, current, oldQueues);
  const fields = {
    ...older,
    target_authority: authoritySection(app, situation),
    ...sections,
    migration_conflicts: withWaiting(sections.migration_conflicts, oldQueues.waitingFiles),
    body_upload_compatibility: oldQueues.body_upload_compatibility,
  };
  const obstacle = await obstacleOf(app, situation);
  const waiting = waitingIn(sections);
  const around = [...home, ...examineDelivery(app, situation, obstacle, waiting)];
  const facts = { ...fields, jobs, ...factsBeside(app, situation, read, obstacle) };
  const findings = assess(facts, [...around.filter(isFinding), ...schemaFindings(unreadable)]);
  const ok = holds(findings);
  const document = { ok, exit_code: ok ? 0 : 2, ...fields, jobs, findings } as const;
  return { document, findings, around, obstacle, situation, targets, unreadable };
}

const waitingIn = ({ event_journal: journal }: StatusSections): number =>
  'error' in journal ? 0 : journal.drain_blocked.waiting;

function factsBeside(
  app: App,
  { config, settings, active }: Situation,
  { sections, targets, current, drains, oldQueues }: FromStores,
  obstacle: Obstacle | undefined,
) {
  const isRetired = (current?.retiredAt ?? null) !== null;
  const { delivery_ledger: ledger } = sections;
  const row = 'error' in ledger ? undefined : ledger.per_target.find(isOf(current));
  return {
    targets: new Map(targets.map((target) => [target.id, target])),
    drains,
    archives:
      (row?.archived ?? 0) > 0 ? archivesInForce(app.paths.archiveDir) : { ids: [], command: null },
    mayLeave: obstacle === undefined && active.state === 'target' && !isRetired,
    mayLeaveToNamed: config.state !== 'unreadable' && policyOf(settings.mode).delivery !== 'none',
    waitingInScope: oldQueues.waitingInScope,
    waitingElsewhere: oldQueues.waitingElsewhere,
    spoolDir: app.paths.spoolDir,
    signIn: (target: TargetRecord) => kindOf(target).signIn(target.canonicalUrl),
    now: app.now(),
  };
}

const isOf =
  (current: TargetRecord | undefined) =>
  ({ target_id }: TargetLedger): boolean =>
    target_id === current?.id;

const withWaiting = (
  section: StatusSections['migration_conflicts'],
  files: readonly WaitingFile[],
): StatusSections['migration_conflicts'] =>
  'error' in section ? section : { ...section, waiting_files: files };

interface FromStores {
  readonly sections: StatusSections;
  readonly targets: readonly TargetRecord[];
  readonly current: TargetRecord | undefined;
  readonly oldQueues: OldQueues;
  readonly drains: ReadonlyMap<number, RunningDrain>;
  readonly unreadable: readonly unknown[];
}

/** What the old files come to, and which of them wait. */
type OldQueues = OldQueueSections & { readonly waitingFiles: readonly WaitingFile[] };

/** A journal that cannot be read takes its sections with it, and nothing else. */
async function fromStores(app: App, situation: Situation): Promise<FromStores> {
  let stores: Stores | undefined;
  try {
    stores = app.readStores();
    const targets = (await stores?.targets.list()) ?? [];
    const current = currentOf(targets, situation);
    const sections = sectionsOf(app, situation, stores, targets, current);
    const drains = stores === undefined ? new Map() : runningDrains(stores.db, targets);
    const oldQueues = await oldQueuesOf(app, situation, stores);
    return { sections, targets, current, oldQueues, drains, unreadable: errorsOf(sections) };
  } catch (error) {
    const oldQueues = await oldQueuesOf(app, situation, undefined);
    const sections = unreadable(error as Error);
    const drains = new Map();
    return { sections, targets: [], current: undefined, oldQueues, drains, unreadable: [error] };
  } finally {
    stores?.db.close();
  }
}

/** Of the list that was read anyway. */
function currentOf(
  targets: readonly TargetRecord[],
  { description }: Situation,
): TargetRecord | undefined {
  if (description === undefined) return undefined;
  const { urlHash, teamSlug, userEmail } = description;
  return targets.find(
    (target) =>
      target.urlHash === urlHash && target.teamSlug === teamSlug && target.userEmail === userEmail,
  );
}

/** A section that could not be read takes no other with it. */
const errorsOf = (sections: StatusSections): string[] =>
  Object.values(sections).flatMap((section) => ('error' in section ? [section.error] : []));

async function oldQueuesOf(
  app: App,
  { authority }: Situation,
  stores: Stores | undefined,
): Promise<OldQueues> {
  const { legacyQueue } = app.paths;
  const active = authority?.resolved.queue_db_path ?? legacyQueue;
  try {
    const files = await oldQueueState(app.paths, stores?.imports);
    const sections = oldQueueSections(files, active, legacyQueue);
    return { ...sections, waitingFiles: waitingFiles(files) };
  } catch (error) {
    const unread = { error: plainMessage(error) };
    return {
      active_queue: { path: active, ...unread },
      legacy_queue: { path: legacyQueue, ...unread },
      body_upload_compatibility: unread,
      waitingInScope: 0,
      waitingElsewhere: 0,
      waitingFiles: [],
    };
  }
}

function olderFields(
  app: App,
  situation: Situation,
  targets: readonly TargetRecord[],
  current: TargetRecord | undefined,
  { active_queue, legacy_queue }: OldQueueSections,
): OlderFields {
  const { foreground, owner, mismatches, orphans } = processes(app, situation, targets, current);
  return {
    ...authentication(situation),
    live_orphan_daemon_count: orphans.length,
    foreground,
    daemon_owner_record: owner,
    active_queue,
    legacy_queue,
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

function authoritySection(app: App, situation: Situation): AuthoritySection {
  const { config, authority, settings } = situation;
  const identity = authority === undefined ? NOBODY : identityOf(authority.credentials);
  const { processWideOverride } = app.options;
  const request = { paths: app.paths, env: app.env, config, identity, processWideOverride };
  return {
    ...reportAuthority(request),
    mode: config.state === 'unreadable' ? null : settings.mode,
    configured: authority?.resolved.configured ?? false,
  };
}

const NOBODY = { user: null, team: null };

function sectionsOf(
  app: App,
  situation: Situation,
  stores: Stores | undefined,
  targets: readonly TargetRecord[],
  current: TargetRecord | undefined,
): StatusSections {
  const identity = identityInForce(situation);
  if (stores === undefined)
    return emptySections(app.spool, identity, blockedNow(situation, undefined, {}));
  const { projectRules } = situation.settings ?? DEFAULT_SETTINGS;
  return readSections(stores.db, {
    targets,
    current,
    identity,
    permissionFor: (target) => permissionOf(projectRules, projectsNow(situation, target)),
    blockedReason: (held) => blockedNow(situation, current, held),
    spool: app.spool,
    now: app.now(),
  });
}

const identityInForce = ({ active }: Situation): TargetIdentity | undefined =>
  active.state === 'target' ? active.identity : undefined;

/** The reason that holds for the active target as a whole: a closed gate, or everything that is held. */
function blockedNow(
  situation: Situation,
  current: TargetRecord | undefined,
  held: Readonly<Partial<Record<DrainBlockedReason, number>>>,
): DrainBlockedReason | null {
  const way = { ...wayOut(situation, current), projectRules: null };
  const gate = blockedReason(way, { projectUuid: null, repoSlug: null, checkout: null });
  const reasons = [gate, ...Object.keys(held)];
  return DRAIN_BLOCKED_REASONS.find((reason) => reasons.includes(reason)) ?? null;
}

function unreadable(error: Error): StatusSections {
  const section: UnreadableSection = { error: plainMessage(error) };
  return {
    event_journal: section,
    delivery_targets: section,
    delivery_ledger: section,
    migration_conflicts: section,
    terminal_failures: section,
  };
}
