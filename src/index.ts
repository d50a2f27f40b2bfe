import { App, type AppOptions } from './app/app.js';
import { type DiffOptions, type DiffReport, diffTargets } from './app/diff.js';
import { drainEach, type TargetOutcome, targetsInUse } from './app/drain-each.js';
import { type EventsOptions, type EventsReport, listEvents } from './app/events.js';
import { inspectEvent } from './app/inspect.js';
import type { JobData, JobKind } from './app/jobs/job-kinds.js';
import { MisconfiguredTargetError } from './app/named-target.js';
import { type PreflightReport, preflight } from './app/preflight.js';
import { previewDrain } from './app/preview-drain.js';
import { type ProjectRow, readProjects } from './app/projects.js';
import { type ReadinessReport, readiness } from './app/readiness.js';
import { type ReplayOptions, type ReplayReport, replayEvents } from './app/replay.js';
import { type RetryOptions, type RetryReport, retryEvents } from './app/retry.js';
import { readStatus, type StatusDocument } from './app/status.js';
import { type Targets, targetsOf } from './app/targets-of-home.js';
import type { VerifyReport } from './app/verify.js';
import { RedrainError } from './base/error.js';
import { EXIT } from './base/exit-codes.js';
import { turn } from './base/pace.js';
import type { TargetOptions } from './config/target-settings.js';
import type { DrainReport } from './dispatch/drain-report.js';
import type { DeploymentMetadata } from './dispatch/ports.js';
import type { CaptureInput, CaptureVerdict } from './journal/capture.js';
import { CAPTURE_GROUP, Grouping } from './journal/capture-groups.js';
import { type CaptureReport, CaptureSummary } from './journal/capture-summary.js';
import type { EnvelopeRules } from './journal/envelope.js';
import { GroupCommit } from './journal/group-commit.js';
import type { Mode } from './policy/mode.js';
import type { Job, JobOptions } from './queue/job.js';
import type { EventStory } from './reports/story.js';

export type { Address } from './address/address.js';
export type { AppOptions } from './app/app.js';
export {
  HostedTargetError,
  type TargetChangeOptions,
  TargetNameError,
  TargetNameTakenError,
} from './app/declared-targets.js';
export type { DiffOptions, DiffReport } from './app/diff.js';
export type { TargetOutcome } from './app/drain-each.js';
export { UnknownTargetError } from './app/drain-target.js';
export type { EventSelection } from './app/event-selection.js';
export type { EventsOptions, EventsReport } from './app/events.js';
export type { JobData, JobKind } from './app/jobs/job-kinds.js';
export { MisconfiguredTargetError, UnknownTargetNameError } from './app/named-target.js';
export type { PreflightReport } from './app/preflight.js';
export type { ProjectRow } from './app/projects.js';
export type { ReadinessReport, ReadinessState } from './app/readiness.js';
export type { ReplayOptions, ReplayReport } from './app/replay.js';
export type { RequeueReport } from './app/requeue.js';
export type { RetryOptions, RetryReport } from './app/retry.js';
export type { StatusDocument } from './app/status.js';
export type { TargetSummary } from './app/targets.js';
export type { Targets } from './app/targets-of-home.js';
export { DeliveryOffError, type TargetTest, type TargetTestOptions } from './app/test-target.js';
export type { VerifyReport } from './app/verify.js';
export { isRedrainError, RedrainError } from './base/error.js';
export { ConfigUnreadableError } from './config/document.js';
export { ConfigEditError, TargetSettingError } from './config/edit.js';
export { NoHomeError } from './config/home.js';
export type { TargetOptions, TargetSettings } from './config/target-settings.js';
export type { DrainReport } from './dispatch/drain-report.js';
export type * from './dispatch/ports.js';
export { NetworkHomeError } from './files/local-filesystem.js';
export {
  JournalArrivingError,
  JournalMovedError,
  NewerSchemaError,
  OlderSchemaError,
  StorageUnavailableError,
} from './files/storage-errors.js';
export type { CaptureVerdict } from './journal/capture.js';
export type { CaptureReport } from './journal/capture-summary.js';
export { UnknownEventError } from './journal/unknown-event.js';
export { UnrecoverableError } from './queue/errors.js';
export type { Job, JobOptions } from './queue/job.js';
export type {
  DeliverContext,
  Receiver,
  ReceiverEvent,
  ReceiverLimits,
  ReceiverResult,
  ReceiverStatus,
} from './receivers/receiver-interface.js';
export type { EventState, ListedEvent } from './reports/event-list.js';
export type { EventStory } from './reports/story.js';
export { SplitBrainError } from './spec-kitty/authority-errors.js';
export { UnusableUrlError } from './targets/canonical-url.js';
export { AddressTakenError, RetiredTargetError, type TargetRecord } from './targets/registry.js';
export { VERSION } from './version.js';

/**
 * An event as a program has it: the exact bytes or text of an envelope, which
 * are kept as they are, or an object, which is serialised once, here.
 */
export type EventInput = Uint8Array | string | Readonly<Record<string, unknown>>;

export interface OpenOptions extends Omit<AppOptions, 'declared'> {
  /**
   * Targets of this program, by name. They go before those of config.toml, where
   * none of them is written.
   */
  readonly targets?: Readonly<Record<string, TargetOptions>>;
}

export interface CaptureOptions extends Partial<Omit<EnvelopeRules, 'maxEventBytes' | 'coalesce'>> {
  /** The checkout the events belong to: an absolute directory. */
  readonly checkout?: string;
  /** Under OPT_OUT: keep what may not be discarded in the audit log instead of the journal. */
  readonly auditDiscard?: boolean;
}

export interface DrainCallOptions {
  /** A known target in place of the active one. */
  readonly target?: number;
  /** A target in place of the active one, by its name, id or address. */
  readonly to?: string;
  /** At most so many events. */
  readonly limit?: number;
  /** Count what would be sent; change nothing and open no socket. */
  readonly dryRun?: boolean;
  /** Wait for another drain of the same target (default), or report `daemon_lock`. */
  readonly waitForLock?: boolean;
  /** Honour backoff and an open circuit, as a worker does. Default: false, as `redrain now`. */
  readonly honourBackoff?: boolean;
  /** What you know of the server you drain to: provenance, never identity. */
  readonly deployment?: DeploymentMetadata;
  /** Finish the batch in flight, record it and stop. */
  readonly signal?: AbortSignal;
  onProgress?(report: DrainReport): void;
  onWarning?(line: string): void;
}

/** `drain({ all: true })`: what holds for each of them. */
export interface DrainAllOptions extends Omit<DrainCallOptions, 'target' | 'to'> {
  readonly all: true;
}

/** Events that are neither in the journal nor in the spool. The caller still has them: try again. */
export class EventsLostError extends RedrainError {
  override readonly name = 'EventsLostError';
  readonly code = 'EVENTS_LOST';
  override readonly exitCode = EXIT.lost;
  constructor(
    readonly eventIds: readonly string[],
    readonly reason: string,
  ) {
    super(
      `${eventIds.length} events could not be stored and are LOST: ${eventIds.join(', ')} (${reason})`,
    );
  }
}

/** The input is not a usable event; nothing was stored. */
export class InvalidEventError extends RedrainError {
  override readonly name = 'InvalidEventError';
  readonly code = 'EVENT_INVALID';
  override readonly exitCode = EXIT.badInput;
}

/** What `capture` resolves with: the fact is safe, or kept beside a different one with its id. */
export type CaptureResult = Exclude<CaptureVerdict, { kind: 'invalid' | 'lost' }>;

const NO_OPTIONS: CaptureOptions = {};

/** redrain on one home, for programs. One instance per process and home is enough. */
export class Redrain {
  readonly #app: App;
  readonly #groups = new Map<string, GroupCommit<CaptureInput, CaptureVerdict>>();

  readonly #targets: Targets;

  private constructor(app: App) {
    this.#app = app;
    this.#targets = targetsOf(app);
  }

  /** @internal Programs call `openRedrain`. */
  static on(app: App): Redrain {
    return new Redrain(app);
  }

  /**
   * Resolves once the event is on disk. Calls that overlap share one fsync.
   *
   * @throws InvalidEventError, EventsLostError.
   */
  async capture(event: EventInput, options: CaptureOptions = NO_OPTIONS): Promise<CaptureResult> {
    const bytes = bytesOf(event);
    if (typeof bytes === 'string') throw new InvalidEventError(bytes);
    const { checkout = null } = options;
    const verdict = await this.#group(options).add({ bytes, checkout });
    if (verdict.kind === 'invalid') throw new InvalidEventError(verdict.problem);
    if (verdict.kind === 'lost') throw new EventsLostError([verdict.eventId], verdict.reason);
    return verdict;
  }

  /**
   * Captures many events in groups of at most 1000, or of about 1 MiB, each
   * durable as a whole. Between two groups the event loop gets a turn. What is
   * no usable event is in `errors` and stops nothing else.
   *
   * @throws EventsLostError, after everything that could be stored was stored.
   */
  async captureMany(
    events: Iterable<EventInput> | AsyncIterable<EventInput>,
    options: CaptureOptions = {},
  ): Promise<CaptureReport> {
    const { checkout = null, auditDiscard = false, ...rules } = options;
    const summary = new CaptureSummary();
    const lost: { ids: string[]; reason: string } = { ids: [], reason: '' };
    let index = 0;
    for await (const given of groupsOf(events)) {
      const inputs = given.flatMap((bytes) =>
        typeof bytes === 'string' ? [] : [{ bytes, checkout }],
      );
      const verdicts = await this.#app.captureGroup(inputs, rules, { auditDiscard });
      let next = 0;
      for (const bytes of given) {
        const place = { index: index++ };
        const verdict = typeof bytes === 'string' ? undefined : verdicts[next++];
        if (verdict === undefined) {
          summary.addProblem(String(bytes), place);
          continue;
        }
        summary.add(verdict, place);
        if (verdict.kind !== 'lost') continue;
        lost.ids.push(verdict.eventId);
        lost.reason = verdict.reason;
      }
      await turn();
    }
    if (lost.ids.length > 0) throw new EventsLostError(lost.ids, lost.reason);
    return summary.report;
  }

  /**
   * One pass over the active target, or a named one. That nothing could be
   * sent is not an error: the report has `blocked_reason` then.
   *
   * @throws SplitBrainError, UnknownTargetError, UnknownTargetNameError, RetiredTargetError,
   * MisconfiguredTargetError, and NewerSchemaError or StorageUnavailableError when the journal cannot be used.
   */
  drain(options?: DrainCallOptions): Promise<DrainReport>;
  /**
   * The same for every target that is not retired, side by side: none waits for
   * another, and one that fails has its error in its outcome.
   */
  drain(options: DrainAllOptions): Promise<TargetOutcome[]>;
  async drain(
    options: DrainCallOptions | DrainAllOptions = {},
  ): Promise<DrainReport | TargetOutcome[]> {
    if (!('all' in options)) return this.#drainOne(options);
    const { all: _all, ...each } = options;
    return drainEach(await targetsInUse(this.#app), ({ to }) =>
      this.#drainOne({ ...each, ...(to === undefined ? {} : { to }) }),
    );
  }

  async #drainOne(options: DrainCallOptions): Promise<DrainReport> {
    const { target, to, limit, dryRun, waitForLock, honourBackoff, signal, ...listeners } = options;
    if (dryRun === true) return previewDrain(this.#app, { targetId: target, to, limit });
    return this.#app.drain({
      ...(target === undefined ? {} : { targetId: target }),
      ...(to === undefined ? {} : { to }),
      ...(limit === undefined ? {} : { limit }),
      ignoreBackoff: honourBackoff !== true,
      waitForLock: waitForLock !== false,
      signal: signal ?? new AbortController().signal,
      ...listeners,
    });
  }

  /** The document of `redrain status --json`. Changes nothing. */
  status(): Promise<StatusDocument> {
    return readStatus(this.#app);
  }

  /** Every known target, and the changes of those that config.toml declares. */
  get targets(): Targets {
    return this.#targets;
  }

  /** Known projects, their events, and what the configuration says of each. @throws ConfigUnreadableError. */
  projects(): Promise<ProjectRow[]> {
    return readProjects(this.#app);
  }

  /**
   * The newest events that match, as a target has them. Changes nothing.
   *
   * @throws UnknownTargetNameError, UnknownEventError.
   */
  events(options: EventsOptions = {}): Promise<EventsReport> {
    return listEvents(this.#app, options);
  }

  /**
   * Makes deliveries that failed for good, were rejected or got no answer due
   * now, at one target or at all. Sends nothing: `drain` does.
   *
   * @throws UnknownTargetNameError, RetiredTargetError, UnknownEventError.
   */
  retry(options: RetryOptions = {}): Promise<RetryReport> {
    return retryEvents(this.#app, options);
  }

  /**
   * Marks delivered events of one target to be delivered again, in a new
   * generation; the earlier success stays in the history. Sends nothing:
   * `drain` does.
   *
   * @throws UnknownTargetNameError, RetiredTargetError, UnknownEventError.
   */
  replay(options: ReplayOptions = {}): Promise<ReplayReport> {
    return replayEvents(this.#app, options);
  }

  /**
   * Events delivered to `a` and not to `b`, each an id or an address. Changes nothing.
   *
   * @throws UnknownTargetNameError, UnknownEventError.
   */
  diff(a: string, b: string, options: DiffOptions = {}): Promise<DiffReport> {
    return diffTargets(this.#app, a, b, options);
  }

  /**
   * Whether events could leave now, and what to do when not. Asks the target
   * once, for at most five seconds, and only when nothing on this machine
   * stands in the way. Changes nothing.
   */
  async readiness(): Promise<ReadinessReport> {
    return readiness(this.#app);
  }

  /** Who drains the active target, with which version, server and identity. Changes nothing. */
  preflight(): Promise<PreflightReport> {
    return preflight(this.#app);
  }

  /**
   * Checks everything: digests, tables, triggers, references,
   * counters, ledger, spool, archives and the file itself. Changes nothing.
   */
  async verify(): Promise<VerifyReport> {
    const { verify } = await import('./app/verify.js');
    return verify(this.#app, { signal: new AbortController().signal, progress: () => undefined });
  }

  /** One event's whole story, or undefined when the journal never saw it. Changes nothing. */
  async inspect(eventId: string): Promise<EventStory | undefined> {
    return inspectEvent(this.#app, eventId);
  }

  /** The mode in force. @throws ConfigUnreadableError when that cannot be known. */
  async mode(): Promise<Mode> {
    const { settingsOf } = await import('./config/document.js');
    return settingsOf((await this.#app.situation()).config).mode;
  }

  /**
   * Adds a job for the workers; `redrain jobs` shows what becomes of it.
   *
   * @throws UnknownTargetNameError, RetiredTargetError, and UnrecoverableError for data that make no job.
   */
  async enqueue<K extends JobKind>(
    kind: K,
    data: JobData<K>,
    options: JobOptions = {},
  ): Promise<Job> {
    const { enqueueJob } = await import('./app/jobs/enqueue.js');
    return enqueueJob(this.#app, kind, data, options);
  }

  /** Waits for captures under way, then lets go of the home. */
  async close(): Promise<void> {
    await Promise.all([...this.#groups.values()].map((group) => group.settled()));
    await this.#app.close();
  }

  /** Calls with the same options can share a group. */
  #group(options: CaptureOptions): GroupCommit<CaptureInput, CaptureVerdict> {
    const { checkout: _, ...shared } = options;
    const key = options === NO_OPTIONS ? '{}' : JSON.stringify(shared);
    return this.#groups.get(key) ?? this.#newGroup(key, shared);
  }

  #newGroup(
    key: string,
    { auditDiscard = false, ...rules }: Omit<CaptureOptions, 'checkout'>,
  ): GroupCommit<CaptureInput, CaptureVerdict> {
    const group = new GroupCommit<CaptureInput, CaptureVerdict>(
      (inputs) => this.#app.captureGroup(inputs, rules, { auditDiscard }),
      CAPTURE_GROUP,
    );
    this.#groups.set(key, group);
    return group;
  }
}

/**
 * Opens redrain on a home. Touches no file before the first call that needs one.
 *
 * @throws NetworkHomeError when the home is on a network file system, and
 * MisconfiguredTargetError for a target that is declared wrongly.
 */
export async function openRedrain({ targets, ...options }: OpenOptions = {}): Promise<Redrain> {
  return Redrain.on(new App({ ...options, ...(await declaredBy(targets)) }));
}

async function declaredBy(targets: OpenOptions['targets']): Promise<Pick<AppOptions, 'declared'>> {
  if (targets === undefined) return {};
  const { declaredByProgram } = await import('./config/target-table.js');
  const declared = declaredByProgram(targets);
  for (const { fault } of declared.values())
    if (fault !== undefined) throw new MisconfiguredTargetError(fault);
  return { declared };
}

/**
 * The bytes to keep, or the problem with an object that JSON has no text for.
 * Bytes are copied: the caller may reuse its buffer while the group waits.
 */
function bytesOf(event: EventInput): Buffer | string {
  if (typeof event === 'string' || event instanceof Uint8Array) return Buffer.from(event as string);
  try {
    const text: string | undefined = JSON.stringify(event);
    return text === undefined ? 'this value has no JSON text' : Buffer.from(text);
  } catch (error) {
    return `it cannot be written as JSON: ${(error as Error).message.split('\n')[0]}`;
  }
}

/** Bytes, or problems in the place of them, in groups of what one transaction may hold. */
const groupsOf = (
  events: Iterable<EventInput> | AsyncIterable<EventInput>,
): AsyncGenerator<(Buffer | string)[]> =>
  Symbol.asyncIterator in events ? groupsAwaited(events) : groupsAtHand(events);

async function* groupsAwaited(
  events: AsyncIterable<EventInput>,
): AsyncGenerator<(Buffer | string)[]> {
  const grouping = new Grouping();
  for await (const event of events) {
    const group = grouping.add(bytesOf(event));
    if (group !== undefined) yield group;
  }
  if (!grouping.isEmpty) yield grouping.rest();
}

/** What is there is not waited for: that would cost as much as to search an event for doubled keys. */
async function* groupsAtHand(events: Iterable<EventInput>): AsyncGenerator<(Buffer | string)[]> {
  const grouping = new Grouping();
  for (const event of events) {
    const group = grouping.add(bytesOf(event instanceof Promise ? await event : event));
    if (group !== undefined) yield group;
  }
  if (!grouping.isEmpty) yield grouping.rest();
}
