import { setMaxListeners } from 'node:events';
import { turn } from '../base/pace.js';
import { step } from '../base/steps.js';
import { Bisection, type Step, settlement, suspects } from './bisection.js';
import type { DrainDeps, DrainOptions } from './drain-deps.js';
import { addWarnings, countSettlements, type DrainReport } from './drain-report.js';
import { batchSize, circuitIsOpen, healthAfter, isTransient } from './health.js';
import { Pacer } from './pacer.js';
import type {
  BatchIsolation,
  BatchLimits,
  Claim,
  ClaimedEvent,
  ClosedGate,
  DeliveryReport,
  Outcome,
  Pass,
  Permission,
  PostRecord,
  Settlement,
  TargetHealth,
} from './ports.js';
import { AskedTogether, type Delivered, SingleRequests } from './single-requests.js';
import { unpostable } from './unpostable.js';
import { WAITS } from './waits.js';

export function block(report: DrainReport, gate: ClosedGate): void {
  report.blocked_reason = gate.reason;
  report.message = gate.message;
}

/** Mode and retirement are the operator's word, read where it is written: no news of the target. */
export const isOfTarget = ({ reason }: ClosedGate): boolean =>
  reason !== 'delivery_off' && reason !== 'target_retired';

/** The state of one running pass. */
export class DrainPass {
  readonly #deps: DrainDeps;
  readonly #options: DrainOptions;
  readonly #report: DrainReport;
  readonly #pass: Pass;
  readonly #bisection = new Bisection();
  /** Undefined where a request holds a batch. */
  readonly #singles: SingleRequests | undefined;
  readonly #pacer: Pacer;
  #health: TargetHealth;
  #limits: BatchLimits;
  #deploymentRef: number | null = null;
  #stopped = false;
  #failedInARow = 0;

  constructor(deps: DrainDeps, options: DrainOptions, report: DrainReport, pass: Pass) {
    this.#deps = deps;
    this.#options = options;
    this.#report = report;
    this.#pass = pass;
    this.#health = pass.health;
    this.#limits = deps.receiver.limits;
    const { requestsAtOnce } = deps.receiver;
    this.#singles = requestsAtOnce === undefined ? undefined : new SingleRequests(requestsAtOnce);
    this.#pacer = new Pacer(deps.eventsPerSecond, deps.now, deps.sleep);
  }

  async run(): Promise<void> {
    if (this.#mayStart() && (await this.#permission()) && (await this.#greet())) {
      while (!this.#stopped) {
        const claim = await this.#claim();
        if (claim === undefined) break;
        await this.#deliver(claim);
        await this.#options.onProgress?.(this.#report);
      }
    }
    this.#report.interrupted = this.#options.signal.aborted;
    await this.#deps.ledger.endPass(this.#pass, this.#healthAtEnd(), this.#deps.now());
  }

  /** Waits that the server or the circuit asks for. */
  #mayStart(): boolean {
    const now = this.#deps.now();
    const resumeAt = WAITS.standing(this.#health.resumeAt, now);
    const circuitOpenUntil = WAITS.standing(this.#health.circuitOpenUntil, now);
    if (resumeAt !== null) {
      this.#stop(`the target asked to be left alone until ${new Date(resumeAt).toISOString()}`);
      this.#report.blocked_reason = 'network_unavailable';
      return false;
    }
    if (!this.#options.ignoreBackoff && circuitOpenUntil !== null) {
      const until = new Date(circuitOpenUntil).toISOString();
      this.#stop(`the circuit of this target is open until ${until}`);
      this.#report.blocked_reason = 'network_unavailable';
      return false;
    }
    return true;
  }

  async #greet(): Promise<boolean> {
    const greeting = await this.#deps.receiver.greet(this.#options.signal);
    this.#deploymentRef = await this.#deps.noteGreeting(greeting);
    this.#limits = greeting.limits ?? this.#limits;
    if (greeting.closed === undefined) return true;
    this.#close(greeting.closed);
    return false;
  }

  /** Asks what may leave; undefined: nothing, and the pass stops. */
  async #permission(): Promise<Permission | undefined> {
    const permission = await this.#deps.permission();
    if (typeof permission === 'function') return permission;
    this.#close(permission);
    return undefined;
  }

  async #claim(): Promise<Claim | undefined> {
    const left = (this.#options.limit ?? Number.POSITIVE_INFINITY) - this.#report.selected;
    if (left <= 0 || this.#options.signal.aborted) return undefined;
    const permission = await this.#permission();
    if (permission === undefined) return undefined;
    const { receiver, ledger } = this.#deps;
    const wanted = this.#singles === undefined ? this.#batchSize() : this.#limits.maxEvents;
    const maxEvents = Math.min(wanted, left);
    const claim = await ledger.claim(this.#pass, {
      limits: { maxEvents, maxBytes: this.#limits.maxBytes },
      wireSize: (event) => receiver.wireSize(event),
      heldBy: permission,
      ignoreBackoff: this.#options.ignoreBackoff,
      pendingOnly: this.#options.pendingOnly === true,
      now: this.#deps.now(),
    });
    this.#report.selected += claim?.events.length ?? 0;
    return claim;
  }

  #batchSize(): number {
    return Math.min(batchSize(this.#health, this.#limits.maxEvents), this.#pacer.mostAtOnce);
  }

  async #deliver(claim: Claim): Promise<void> {
    const { judged, postable } = unpostable(claim.events, this.#deps.receiver);
    if (judged.length > 0) await this.#settle(claim, judged);
    if (this.#singles === undefined) await this.#deliverInBatches(claim, postable);
    else await this.#deliverSingly(claim, postable, this.#singles);
  }

  async #deliverSingly(
    claim: Claim,
    events: readonly ClaimedEvent[],
    singles: SingleRequests,
  ): Promise<void> {
    const { isolation } = claim;
    const asWaiting = (some: readonly ClaimedEvent[]): Waiting => ({
      events: some,
      posted: false,
      isolation,
    });
    const isOver = () => this.#stopped || this.#options.signal.aborted;
    const mayLeave = new AskedTogether(async (asked: readonly ClaimedEvent[]) => {
      return new Set(await this.#mayLeave(claim, asWaiting(asked)));
    });
    const unbegun = await singles.run(events, {
      isOver,
      deliver: async (event) => {
        await this.#pacer.take(1, this.#options.signal);
        if (isOver()) await this.#giveBack(claim, [asWaiting([event])]);
        else if ((await mayLeave.ask(event)).has(event)) return this.#postOne(claim, event);
        return undefined;
      },
      settle: (delivered) => this.#settleSingles(claim, delivered),
    });
    await this.#giveBack(claim, [asWaiting(unbegun)]);
  }

  async #postOne(claim: Claim, event: ClaimedEvent): Promise<Delivered> {
    const { report, ...times } = await this.#request(claim, [event]);
    await this.#considerStopping(report);
    return { event, report, ...times };
  }

  async #settleSingles(claim: Claim, delivered: readonly Delivered[]): Promise<void> {
    const settlements = delivered.map(({ event, report }) =>
      settlement(event, report.outcomes[0] ?? report.ifAlone ?? NO_VERDICT),
    );
    await this.#settle(claim, settlements, groupRecord(delivered));
    await this.#options.onProgress?.(this.#report);
  }

  async #deliverInBatches(claim: Claim, postable: readonly ClaimedEvent[]): Promise<void> {
    // In the order of the journal, whichever of them goes next.
    const waiting: Waiting[] = generations(postable).map((events) => ({
      events,
      posted: false,
      isolation: claim.isolation,
    }));
    this.#bisection.begin(claim.isolation);
    while (!this.#stopped && !this.#options.signal.aborted) {
      const position = this.#bisection.pick(waiting);
      const [batch] = waiting.splice(position, 1);
      if (batch === undefined) return;
      // Signals, timers and aborts of the program get their turn, also where no request gives them one.
      await turn();
      await this.#pacer.take(batch.events.length, this.#options.signal);
      if (this.#options.signal.aborted) {
        waiting.splice(position, 0, batch);
        break;
      }
      const events = await this.#mayLeave(claim, batch);
      if (events.length === 0) continue;
      const { next, isolation, aside } = await this.#post(claim, events);
      waiting.splice(
        position,
        0,
        ...next.map((part) => ({ events: part, posted: true, isolation })),
      );
      if (aside === true) return this.#putAside(claim, waiting);
    }
    await this.#giveBack(claim, waiting);
  }

  /** Asks again for each event of a batch about to be posted, and gives back those that may not leave. */
  async #mayLeave(claim: Claim, batch: Waiting): Promise<readonly ClaimedEvent[]> {
    const redacted = await this.#deps.ledger.redactedOf(this.#pass, claim, batch.events);
    if (redacted === undefined) this.#lost();
    const permission = redacted && (await this.#permission());
    const isHeld = permission === undefined ? () => true : heldAmong(permission);
    const stays = (event: ClaimedEvent) => redacted?.has(event.seq) === true || isHeld(event);
    const back = batch.events.filter(stays);
    if (back.length === 0) return batch.events;
    await this.#giveBack(claim, [{ ...batch, events: back }]);
    const given = new Set(back);
    return batch.events.filter((event) => !given.has(event));
  }

  /** The same question in the middle of a post: all of its events, or none. */
  async #mayStillLeave(claim: Claim, batch: readonly ClaimedEvent[]): Promise<boolean> {
    const redacted = await this.#deps.ledger.redactedOf(this.#pass, claim, batch);
    const permission = await this.#deps.permission();
    if (redacted === undefined || redacted.size > 0 || typeof permission !== 'function')
      return false;
    return !batch.some(heldAmong(permission));
  }

  /** For another pass: what is behind them is not to wait for them. */
  async #putAside(claim: Claim, parts: readonly Waiting[]): Promise<void> {
    await this.#settle(
      claim,
      parts.flatMap(({ events }) => suspects(events)),
    );
  }

  /** What was posted keeps what was learned of it; the rest is as if it had not been claimed. */
  async #giveBack(claim: Claim, parts: readonly Waiting[]): Promise<void> {
    await this.#settle(claim, parts.filter(({ posted }) => posted).flatMap(leftOver));
    const unposted = parts.filter(({ posted }) => !posted).flatMap(({ events }) => events);
    if (unposted.length === 0) return;
    if (await this.#deps.ledger.release(this.#pass, claim, unposted))
      this.#report.selected -= unposted.length;
    else this.#lost();
  }

  /** One POST and its record; returns what is to be posted next because of it. */
  async #post(claim: Claim, batch: readonly ClaimedEvent[]): Promise<Step> {
    const { report, ...times } = await this.#request(claim, batch);
    const decided = this.#bisection.decide(batch, report);
    await this.#settle(claim, decided.settlements, { ...times, events: batch, report });
    await this.#considerStopping(report);
    return decided;
  }

  /** One request and what it says of the health of the target. */
  async #request(claim: Claim, events: readonly ClaimedEvent[]) {
    const startedAt = this.#deps.now();
    step('dispatch.posting');
    // Not the drain's signal: a batch in flight is finished and recorded.
    const mayStillLeave = () => this.#mayStillLeave(claim, events);
    const report = await this.#deps.receiver.deliver(events, NEVER_ABORTED, mayStillLeave);
    step('dispatch.posted');
    this.#report.posts += 1;
    addWarnings(this.#report, report.warnings ?? []);
    const now = this.#deps.now();
    this.#health = this.#healthAfter(report, now);
    return { report, startedAt, durationMs: now - startedAt };
  }

  /** Requests of one event count together: as many in a row as may be under way are one failure. */
  #healthAfter(report: DeliveryReport, now: number): TargetHealth {
    const { requestsAtOnce = 1 } = this.#deps.receiver;
    this.#failedInARow = isTransient(report) ? this.#failedInARow + 1 : 0;
    const counts = this.#failedInARow % requestsAtOnce === 0;
    const after = healthAfter(this.#health, report, now, this.#deps.random);
    if (counts) return after;
    const { circuitFailures, circuitOpenUntil } = this.#health;
    return { ...after, circuitFailures, circuitOpenUntil };
  }

  async #settle(
    claim: Claim,
    settlements: readonly Settlement[],
    post?: PostRecord,
  ): Promise<void> {
    if (settlements.length === 0 && post === undefined) return;
    const settled = await this.#deps.ledger.settle(this.#pass, claim, {
      settlements,
      ...(post === undefined ? {} : { post }),
      health: this.#health,
      now: this.#deps.now(),
      deploymentRef: this.#deploymentRef,
    });
    if (settled) countSettlements(this.#report, settlements);
    else this.#lost();
  }

  #lost(): void {
    const message = 'another process drains this target now: late results were dropped';
    block(this.#report, { reason: 'daemon_lock', message });
    this.#stopped = true;
  }

  async #considerStopping(report: DeliveryReport): Promise<void> {
    if (report.gone !== undefined) {
      await this.#deps.retire?.();
      this.#close({ reason: 'target_retired', message: report.gone });
    } else if (report.stop !== undefined) this.#stop(report.stop);
    else if (report.blocked !== undefined) {
      this.#close({ reason: report.blocked, message: report.error ?? 'the target refuses us' });
    } else if (report.retryAfterMs !== undefined && this.#health.resumeAt !== null) {
      const until = new Date(this.#health.resumeAt).toISOString();
      this.#stop(`the target asked to be left alone until ${until}`);
    } else if (isTransient(report) && circuitIsOpen(this.#health)) {
      const failures = this.#health.circuitFailures;
      this.#stop(`circuit open: ${failures} batches in a row failed, last: ${report.error ?? ''}`);
      if (report.httpStatus === null) this.#report.blocked_reason = 'network_unavailable';
    } else if (this.#bisection.lineIsBad) {
      this.#stop(`the target refuses event after event with one message: ${report.error ?? ''}`);
    }
  }

  #close(gate: ClosedGate): void {
    block(this.#report, gate);
    if (isOfTarget(gate))
      this.#health = { ...this.#health, blockedReason: gate.reason, blockedMessage: gate.message };
    this.#stopped = true;
  }

  #stop(message: string): void {
    this.#report.message = message;
    this.#stopped = true;
  }

  /** A pass that was not stopped proves that nothing stands in the way. */
  #healthAtEnd(): TargetHealth {
    if (this.#stopped || this.#health.blockedReason === 'network_unavailable') return this.#health;
    return { ...this.#health, blockedReason: null, blockedMessage: null };
  }
}

/** Part of a claim that still has to be posted; `posted` once it was, in a batch that was refused. */
interface Waiting {
  readonly events: readonly ClaimedEvent[];
  readonly posted: boolean;
  /** One of them is known to spoil batches, or they may share them with any. */
  readonly isolation: BatchIsolation;
}

const NEVER_ABORTED = new AbortController().signal;
// Each request under way listens to it: many are no leak.
setMaxListeners(0, NEVER_ABORTED);

/** Asks once for each origin: a batch has many events of few. */
function heldAmong(permission: Permission): (event: ClaimedEvent) => boolean {
  const held = new Map<number, boolean>();
  return ({ originId, origin }) => {
    const known = held.get(originId) ?? permission(origin) !== null;
    held.set(originId, known);
    return known;
  };
}

/** What was posted without a verdict when it was stopped: due at once. */
function leftOver({ events, posted, isolation }: Waiting): Settlement[] {
  const reason = 'the pass stopped before this event got a verdict';
  const outcome = { kind: 'transient', reason } as const;
  return events.map((event) => ({ event, outcome, posted, isolation, dueNow: true }));
}

const NO_VERDICT: Outcome = { kind: 'transient', reason: 'no verdict' };

/** A request says which generation it is of, so that one holds events of one only. */
function generations(events: readonly ClaimedEvent[]): ClaimedEvent[][] {
  const parts = new Map<number, ClaimedEvent[]>();
  for (const event of events) {
    const part = parts.get(event.generation);
    if (part === undefined) parts.set(event.generation, [event]);
    else part.push(event);
  }
  return [...parts.values()];
}

/** Requests that are settled together, as one line of the dispatch log: the last failure stands for all. */
function groupRecord(delivered: readonly Delivered[]): PostRecord {
  const failed = delivered.findLast(({ report }) => report.error !== undefined);
  const { report: telling } = failed ?? (delivered.at(-1) as Delivered);
  const sum = delivered.reduce((total, { report }) => total + report.bytesSent, 0);
  return {
    startedAt: Math.min(...delivered.map(({ startedAt }) => startedAt)),
    durationMs: Math.max(...delivered.map(({ durationMs }) => durationMs)),
    events: delivered.map(({ event }) => event),
    requests: delivered.length,
    report: {
      outcomes: delivered.map(({ report }) => report.outcomes[0] ?? report.ifAlone ?? NO_VERDICT),
      httpStatus: telling.httpStatus,
      bytesSent: sum,
      ...(telling.error === undefined ? {} : { error: telling.error }),
    },
  };
}
