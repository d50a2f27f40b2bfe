import { RedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';
import type { ConfigDocument } from '../config/document.js';
import type { HomePaths } from '../config/home.js';
import { keepHomeId } from '../config/home-id.js';
import { keepInstance } from '../config/home-instance.js';
import { parseRate } from '../config/target-settings.js';
import { drain } from '../dispatch/drain.js';
import type { DrainDeps, DrainOptions } from '../dispatch/drain-deps.js';
import { type DrainReport, emptyReport } from '../dispatch/drain-report.js';
import type { DeliveryReceiver, DeploymentMetadata } from '../dispatch/ports.js';
import { plainMessage } from '../files/trouble.js';
import { permissionOf } from '../policy/permission.js';
import type { ReceiverSurroundings } from '../receivers/kind.js';
import type { Stores } from '../stores.js';
import { thisProcess } from '../targets/holder.js';
import {
  assertNotRetired,
  type TargetDescription,
  type TargetRecord,
  type TargetRegistry,
} from '../targets/registry.js';
import { settingChanges } from '../targets/settings-in-force.js';
import { VERSION } from '../version.js';
import { kindOf } from './kinds.js';
import { lookUp, withDeclaration } from './named-target.js';
import type { Situation } from './situation.js';
import { newStartOf, settingsNow, TargetPermission } from './target-permission.js';

export interface TargetDrainOptions extends DrainOptions {
  /** A known target in place of the active one. */
  readonly targetId?: number;
  /** A target in place of the active one, by its name, id or address. */
  readonly to?: string;
  /** What the caller knows of the server it drains to: provenance, never identity. */
  readonly deployment?: DeploymentMetadata;
  /** Called with one line that must be seen before any network call. */
  onWarning?(line: string): void;
}

/** What a drain needs of the home that it runs in. */
export interface DrainHome extends ReceiverHome {
  random(): number;
  situation(): Promise<Situation>;
  /** config.toml as it is at this moment. */
  readConfig(): Promise<ConfigDocument>;
  stores(known: Situation): Promise<Stores>;
  ingestSpool(): Promise<unknown>;
}

/** What a receiver is made from. */
export interface ReceiverHome {
  readonly paths: HomePaths;
  readonly env: NodeJS.ProcessEnv;
  readonly options: {
    /** Delivers in place of the target's own receiver. */
    readonly receiver?: ((target: TargetRecord) => DeliveryReceiver) | undefined;
    /** Of each request to a server, in milliseconds. */
    readonly requestDeadlineMs?: number | undefined;
    /** Waits for the pace of a target's `rate`, in place of the clock of this machine. */
    readonly sleep?: DrainDeps['sleep'] | undefined;
  };
  /** Epoch milliseconds. */
  now(): number;
}

/** No target has this id. */
export class UnknownTargetError extends RedrainError {
  override readonly name = 'UnknownTargetError';
  readonly code = 'TARGET_UNKNOWN';
  override readonly exitCode = EXIT.usage;
  override readonly advice = '`redrain targets` lists all targets';
  constructor(readonly targetId: number) {
    super(`there is no target ${targetId}`);
  }
}

/**
 * Drains the active target, or a named one, once: resolves it afresh, checks
 * what must be checked before a socket opens, and hands over to the
 * dispatcher.
 *
 * @throws SplitBrainError before any socket, UnknownTargetError, RetiredTargetError.
 */
export async function drainTarget(
  home: DrainHome,
  options: TargetDrainOptions,
): Promise<DrainReport> {
  const situation = await home.situation();
  refuseSplitBrain(situation, options.targetId ?? options.to);
  const stores = await home.stores(situation);
  await takeInSpool(home, options);
  const target = await targetRow(home, stores, situation, options);
  if (target === undefined) return withoutTarget(stores, situation, home.now());
  assertNotRetired(target);
  refuseSplitTarget(situation, target);
  warnOfOverride(situation, target, options);
  return run(home, stores, situation, target, options);
}

/** A spool that cannot be read is a warning: what is in the journal is sent all the same. */
async function takeInSpool(home: DrainHome, options: TargetDrainOptions): Promise<void> {
  try {
    await home.ingestSpool();
  } catch (error) {
    options.onWarning?.(`the spool cannot be taken in: ${plainMessage(error)}`);
  }
}

/** Only where the server counts: an operator's own endpoint has nothing to do with it. */
export function refuseSplitBrain(situation: Situation, named: number | string | undefined): void {
  if (named === undefined && situation.active.state === 'target')
    situation.kind?.assertOneServer(situation);
}

/** The same for a target that was named: what the environment names may be another server. */
export function refuseSplitTarget(situation: Situation, target: TargetRecord): void {
  kindOf(target).assertOneServer(situation);
}

async function targetRow(
  home: DrainHome,
  stores: Stores,
  situation: Situation,
  options: TargetDrainOptions,
): Promise<TargetRecord | undefined> {
  const { targetId, to } = options;
  if (situation.config.state === 'unreadable') return undefined;
  if (to !== undefined) return named(home, stores, situation, to, options);
  const { description } = situation;
  if (targetId === undefined) return description && followed(home, stores, description, options);
  const target = await stores.targets.find(targetId);
  if (target === undefined) throw new UnknownTargetError(targetId);
  const { description: declared } = withDeclaration(situation, target);
  if (declared !== undefined) return followed(home, stores, declared, options);
  return { ...target, settings: settingsNow(situation, target) };
}

/** The target that was named: one that is declared follows the configuration. */
async function named(
  home: DrainHome,
  stores: Stores,
  situation: Situation,
  to: string,
  options: TargetDrainOptions,
): Promise<TargetRecord | undefined> {
  const { record, description } = await lookUp(stores.targets, situation, to);
  if (description !== undefined) return followed(home, stores, description, options);
  return record && { ...record, settings: settingsNow(situation, record) };
}

/** The row of the active target. Warns of settings that config.toml has changed since the last drain. */
async function followed(
  home: DrainHome,
  { targets }: Stores,
  description: TargetDescription,
  options: TargetDrainOptions,
): Promise<TargetRecord> {
  const before = await targets.findByKey(description);
  const holder = await namesake(targets, description);
  const target = await targets.ensure(description, home.now());
  if (holder !== undefined) options.onWarning?.(await movedLine(targets, holder, target));
  for (const { key, from, to } of settingChanges(
    before?.settings ?? target.settings,
    target.settings,
  ))
    options.onWarning?.(
      `${target.name}: config.toml changes ${key} from ${JSON.stringify(from)} to ${JSON.stringify(to)}`,
    );
  return target;
}

/** Another target that has the name that the configuration gives to this one. */
async function namesake(
  targets: TargetRegistry,
  { name, urlHash }: TargetDescription,
): Promise<TargetRecord | undefined> {
  if (name === undefined) return undefined;
  const known = await targets.list();
  return known.find((one) => one.name === name && one.urlHash !== urlHash);
}

async function movedLine(
  targets: TargetRegistry,
  { id, canonicalUrl }: TargetRecord,
  { name, canonicalUrl: address }: TargetRecord,
): Promise<string> {
  const old = (await targets.find(id))?.name;
  return `${name} is now ${address}, which is another target and gets everything; ${canonicalUrl}, which had the name, goes on as ${old}`;
}

/** The mode delivers nothing, or a gate is closed before there is a target row. */
export async function withoutTarget(
  stores: Stores | undefined,
  situation: Situation,
  now: number,
  description: TargetDescription | undefined = situation.description,
): Promise<DrainReport> {
  const report = emptyReport(null);
  const { active, gate } = situation;
  if (active.state === 'none')
    return { ...report, message: active.message, advice: active.advice ?? null };
  report.blocked_reason = gate?.reason ?? 'config_unreadable';
  report.message = gate?.message ?? situation.authorityError ?? null;
  report.advice = gate?.advice ?? null;
  const filters = { ...description?.settings, projects: projectsFor(situation) };
  const permission = permissionOf(situation.settings.projectRules, filters);
  const newStart = await newStartOf(stores?.targets, situation, now, { description });
  const backlog = await stores?.ledger.backlog(NO_TARGET, permission, newStart);
  report.unsent = backlog?.unsent ?? 0;
  report.excluded = backlog?.excluded ?? 0;
  report.held = heldEvents(backlog?.held ?? {});
  return report;
}

/** As the settings say, also where the endpoint cannot be used: that alone holds no project. */
function projectsFor({ kind, settings }: Situation): 'all' | 'allowed' {
  return kind?.projects(settings) ?? 'allowed';
}

/** No row has this id, so the ledger knows nothing of it: the backlog is that of any new target. */
export const NO_TARGET = 0;

function warnOfOverride(
  situation: Situation,
  target: TargetRecord,
  options: TargetDrainOptions,
): void {
  const line = kindOf(target).warning(situation);
  if (line !== undefined) options.onWarning?.(line);
}

async function run(
  home: DrainHome,
  stores: Stores,
  situation: Situation,
  target: TargetRecord,
  options: TargetDrainOptions,
): Promise<DrainReport> {
  const { targets } = stores;
  // Its requests name this home.
  const { format } = target.settings;
  if (format === 'cloudevents' || format === 'hub') keepHomeId(home.paths);
  if (format === 'hub') keepInstance(home.paths);
  const receiver = await receiverOf(home, situation, target, {
    learnedGzip: (readsGzip) => targets.noteGzip(target.id, readsGzip),
  });
  const holder = thisProcess({
    server_url: target.canonicalUrl,
    team_or_user: target.teamSlug || target.userEmail || null,
    queue_db_path: situation.authority?.resolved.queue_db_path ?? null,
  });
  const permission = new TargetPermission(
    () => home.readConfig(),
    stores.targets,
    target,
    situation.usesSpecKitty,
  );
  const deps = {
    target: { id: target.id, name: target.name, url: target.canonicalUrl },
    ledger: stores.ledger,
    receiver,
    lock: stores.targetLock(target.id, home.paths.locksDir),
    holder: JSON.stringify(holder),
    permission: () => permission.now(),
    noteGreeting: ({ metadata = {} }) =>
      stores.targets.noteDeployment(target.id, { ...metadata, ...options.deployment }, home.now()),
    retire: () => targets.retire(target.id, home.now()),
    eventsPerSecond: eventsPerSecond(target.settings.rate),
    ...(home.options.sleep !== undefined && { sleep: home.options.sleep }),
    now: () => home.now(),
    random: () => home.random(),
  } satisfies Parameters<typeof drain>[0];
  try {
    const report = await drain(deps, options);
    const after = await stores.targets.find(target.id);
    return { ...report, reset_signal: after?.resetSignal ?? null };
  } finally {
    await receiver.close();
  }
}

/** The target's own receiver, or the one the embedding program brought. */
export async function receiverOf(
  home: ReceiverHome,
  situation: Situation,
  target: TargetRecord,
  told: Pick<ReceiverSurroundings, 'learnedGzip' | 'onAnswer'> = {},
): Promise<DeliveryReceiver> {
  if (home.options.receiver !== undefined) return home.options.receiver(target);
  const deadlineMs = home.options.requestDeadlineMs;
  const given = { ...told, deadlineMs, version: VERSION, now: () => home.now() };
  return kindOf(target).receiver(target, situation, given);
}

function eventsPerSecond(rate: string | undefined): number | undefined {
  const parsed = rate === undefined ? undefined : parseRate(rate);
  return parsed && (parsed.events * 1000) / parsed.perMs;
}

/** All that is held, for whatever reason. */
export function heldEvents(held: Readonly<Record<string, number>>): number {
  return Object.values(held).reduce((total, events) => total + events, 0);
}
