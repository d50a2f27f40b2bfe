import { DRAIN_BLOCKED_REASONS, type DrainBlockedReason } from '../dispatch/ports.js';
import type { EdgeRecord } from '../edges/edge-store.js';
import { blockedReason } from '../policy/capture-reason.js';
import { plainMode, policyOf } from '../policy/mode.js';
import { assess, holds } from '../reports/assess.js';
import { NO_COUNTS } from '../reports/counts.js';
import type { Facts } from '../reports/facts.js';
import type { Finding } from '../reports/finding.js';
import { edgeFindings } from '../reports/findings/edges.js';
import type { TargetLedger } from '../reports/ledger-section.js';
import { type RunningDrain, runningDrains } from '../reports/running-drain.js';
import {
  countedFor,
  type StatusContext,
  type StatusSections,
  sectionsOf,
  unreadableSections,
} from '../reports/sections.js';
import type { DocumentWith } from '../reports/status-document.js';
import { archivesInForce, NO_ARCHIVES } from '../retention/archives-in-force.js';
import { type OldQueues, oldQueueFindings } from '../spec-kitty/legacy/old-queues.js';
import type { SpecKittyFields } from '../spec-kitty/status-fields.js';
import type { TargetRecord } from '../targets/registry.js';
import type { App, Reading } from './app.js';
import { type Check, isFinding } from './doctor/check.js';
import { examineDelivery } from './doctor/delivery.js';
import { examineHome } from './doctor/home.js';
import { examineRuntime } from './doctor/runtime.js';
import { schemaFindings } from './doctor/schema.js';
import { jobsSection } from './jobs/jobs-section.js';
import { kindOf } from './kinds.js';
import { processFields } from './preflight.js';
import { inOneText, type Obstacle, obstacleOf } from './readiness.js';
import type { Situation } from './situation.js';
import { authoritySection, oldQueuesNow } from './spec-kitty/status-fields.js';
import { newStartOf, permissionAt } from './target-permission.js';
import { wayOut } from './way-out.js';

/** The document of `redrain status --json` (docs/status.md). */
export type StatusDocument = DocumentWith<Partial<SpecKittyFields>>;

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
  /** Those that run now, by target. */
  readonly drains: ReadonlyMap<number, RunningDrain>;
  /** Why sections could not be read. */
  readonly unreadable: readonly unknown[];
}

/** The whole status document. Changes nothing and blocks no writer; works on a home without a journal. */
export async function readStatus(app: App): Promise<StatusDocument> {
  return (await reportStatus(app)).document;
}

/** The status document with what follows from it. */
export async function reportStatus(app: App): Promise<StatusReport> {
  // Before the journal is open: SQLite gives its log the mode of the journal.
  const home = [...examineRuntime(), ...examineHome(app)];
  const read = await readHome(app);
  const { situation, targets, drains, unreadable } = read;
  const jobs = await jobsSection(app);
  const inTheWay = await obstacleOf(app, situation);
  const obstacle = inTheWay && inOneText(inTheWay);
  const around = [...home, ...examineDelivery(app, situation, obstacle, waitingIn(read))];
  const facts = { ...factsOf(app, read, obstacle), jobs };
  const findings = assess(facts, [...around.filter(isFinding), ...schemaFindings(unreadable)]);
  const document = documentOf(app, read, facts, findings);
  return { document, findings, around, obstacle, situation, targets, drains, unreadable };
}

/** In the order of docs/status.md. */
function documentOf(
  app: App,
  { situation, sections, queues }: HomeRead,
  facts: Facts,
  findings: readonly Finding[],
): StatusDocument {
  const ok = holds(findings);
  const { config, settings, usesSpecKitty } = situation;
  const { active_queue, legacy_queue, body_upload_compatibility } = queues.fields;
  return {
    ok,
    exit_code: ok ? 0 : 2,
    auth_required: facts.auth_required,
    auth_present: facts.auth_present,
    live_orphan_daemon_count: facts.live_orphan_daemon_count,
    foreground: facts.foreground,
    daemon_owner_record: facts.daemon_owner_record,
    ...(usesSpecKitty ? { active_queue, legacy_queue } : {}),
    mismatches: facts.mismatches,
    orphan_records: facts.orphan_records,
    ...(usesSpecKitty ? { target_authority: authoritySection(app, situation) } : {}),
    ...sections,
    ...(usesSpecKitty ? { body_upload_compatibility } : {}),
    mode: config.state === 'unreadable' ? null : plainMode(settings.mode),
    jobs: facts.jobs,
    findings,
  };
}

const waitingIn = ({ sections: { event_journal: journal } }: HomeRead): number =>
  'error' in journal ? 0 : journal.drain_blocked.waiting;

function factsOf(app: App, read: HomeRead, obstacle: Obstacle | undefined): Omit<Facts, 'jobs'> {
  const { situation, sections, targets, current, drains, queues } = read;
  const { config, settings, active } = situation;
  const isRetired = (current?.retiredAt ?? null) !== null;
  const { delivery_ledger: ledger } = sections;
  const row = 'error' in ledger ? undefined : ledger.per_target.find(isOf(current));
  return {
    ...processFields(app, situation, targets, current),
    ...sections,
    beside: [...oldQueueFindings(queues), ...edgeFindings(read.edges)],
    targets: new Map(targets.map((target) => [target.id, target])),
    drains,
    archives: (row?.archived ?? 0) > 0 ? archivesInForce(app.paths.archiveDir) : NO_ARCHIVES,
    mayLeave: obstacle === undefined && active.state === 'target' && !isRetired,
    mayLeaveToNamed: config.state !== 'unreadable' && policyOf(settings.mode).delivery !== 'none',
    spoolDir: app.paths.spoolDir,
    signIn: (target: TargetRecord) => kindOf(target).signIn(target.canonicalUrl),
    now: app.now(),
  };
}

const isOf =
  (current: TargetRecord | undefined) =>
  ({ target_id }: TargetLedger): boolean =>
    target_id === current?.id;

/** What is known of a home, from one look at it. */
interface HomeRead {
  readonly situation: Situation;
  readonly sections: StatusSections;
  /** Every known target, first seen first. */
  readonly targets: readonly TargetRecord[];
  readonly current: TargetRecord | undefined;
  readonly queues: OldQueues;
  readonly drains: ReadonlyMap<number, RunningDrain>;
  /** Homes that send to this one. */
  readonly edges: readonly EdgeRecord[];
  readonly unreadable: readonly unknown[];
}

/** A journal that cannot be read takes its sections with it, and nothing else. */
async function readHome(app: App): Promise<HomeRead> {
  let situation: Situation | undefined;
  try {
    return await app.reading((at) => {
      situation = at.situation;
      return readJournal(app, at);
    });
  } catch (error) {
    return withoutJournal(app, situation ?? (await app.situation()), error);
  }
}

async function readJournal(app: App, { situation, stores }: Reading): Promise<HomeRead> {
  const targets = (await stores?.targets.list()) ?? [];
  const current = currentOf(targets, situation);
  const starts = await newStarts(app, situation, stores, [...targets, undefined]);
  const context = contextOf(app, situation, targets, current, starts);
  const counts = (await stores?.reports.counts(countedFor(context))) ?? NO_COUNTS;
  const sections = sectionsOf(counts, context);
  const drains = stores === undefined ? new Map() : await runningDrains(stores.reports, targets);
  const queues = await oldQueuesNow(app, situation, stores);
  return {
    situation,
    sections: withWaiting(sections, queues),
    targets,
    current,
    queues,
    drains,
    edges: (await stores?.edges.list()) ?? [],
    unreadable: errorsOf(sections),
  };
}

async function withoutJournal(app: App, situation: Situation, error: unknown): Promise<HomeRead> {
  return {
    situation,
    sections: unreadableSections(error),
    targets: [],
    current: undefined,
    queues: await oldQueuesNow(app, situation, undefined),
    drains: new Map(),
    edges: [],
    unreadable: [error],
  };
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

function withWaiting(sections: StatusSections, { waitingFiles }: OldQueues): StatusSections {
  const { migration_conflicts: conflicts } = sections;
  if ('error' in conflicts) return sections;
  return { ...sections, migration_conflicts: { ...conflicts, waiting_files: waitingFiles } };
}

type NewStarts = ReadonlyMap<TargetRecord | undefined, number | null>;

/** Where targets are about to start; undefined stands for one in force that has no row. */
async function newStarts(
  app: App,
  situation: Situation,
  stores: Reading['stores'],
  records: readonly (TargetRecord | undefined)[],
): Promise<NewStarts> {
  const starts = new Map<TargetRecord | undefined, number | null>();
  for (const record of records)
    starts.set(record, await newStartOf(stores?.targets, situation, app.now(), { record }));
  return starts;
}

function contextOf(
  app: App,
  situation: Situation,
  targets: readonly TargetRecord[],
  current: TargetRecord | undefined,
  starts: NewStarts,
): StatusContext {
  const { active } = situation;
  return {
    targets,
    current,
    identity: active.state === 'target' ? active.identity : undefined,
    newStartFor: (target) => starts.get(target) ?? null,
    permissionFor: (record) => permissionAt(situation, { record }),
    blockedReason: (held) => blockedNow(situation, current, held),
    spool: app.spool,
    now: app.now(),
  };
}

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
