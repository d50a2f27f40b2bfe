import { setMaxListeners } from 'node:events';
import { wholeText } from '../base/advice.js';
import { step } from '../base/steps.js';
import {
  type BatchRequestDeps,
  BatchRequests,
  isAccepted,
  type Posted,
  type Waiting,
} from './batch-requests.js';
import { settlement } from './bisection.js';
import type { DrainDeps, DrainOptions } from './drain-deps.js';
import { addWarnings, countSettlements, type DrainReport } from './drain-report.js';
import { batchSize, circuitIsOpen, healthAfter, isTransient, standingWait } from './health.js';
import { Pacer } from './pacer.js';
import type {
  BatchLimits,
  Claim,
  ClaimedEvent,
  ClaimRequest,
  ClosedGate,
  DeliveryReport,
  Pass,
  Permission,
  PostRecord,
  PreparedRequest,
  RequestCourse,
  Settlement,
  TargetHealth,
} from './ports.js';
import { groupRecord, heldAmong, leftOver, NO_VERDICT } from './settlements.js';
import { type Delivered, SingleRequests } from './single-requests.js';
import { unpostable } from './unpostable.js';

export function block(report: DrainReport, gate: ClosedGate): void {
  report.blocked_reason = gate.reason;
  report.message = gate.message;
  report.advice = gate.advice ?? null;
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
  /** Undefined where a request holds a batch. */
  readonly #singles: SingleRequests | undefined;
  readonly #batches: BatchRequests;
  readonly #pacer: Pacer;
  #health: TargetHealth;
  #limits: BatchLimits;
  #deploymentRef: number | null = null;
  #stopped = false;
  /** The permission that was given last. */
  #permitted: Permission | undefined;
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
    this.#batches = new BatchRequests(this.#batchDeps());
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
    const message = standingWait(this.#health, this.#deps.now(), this.#options.ignoreBackoff);
    if (message === undefined) return true;
    this.#stop(message);
    this.#report.blocked_reason = 'network_unavailable';
    return false;
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
    if (typeof permission !== 'function') {
      this.#close(permission);
      return undefined;
    }
    this.#permitted = permission;
    return permission;
  }

  async #claim(): Promise<Claim | undefined> {
    const left = (this.#options.limit ?? Number.POSITIVE_INFINITY) - this.#report.selected;
    if (left <= 0 || this.#options.signal.aborted) return undefined;
    const permission = await this.#permission();
    if (permission === undefined) return undefined;
    const request = this.#claimRequest(permission);
    return this.#counted(await this.#deps.ledger.claim(this.#pass, request));
  }

  #claimRequest(heldBy: Permission): ClaimRequest {
    const left = (this.#options.limit ?? Number.POSITIVE_INFINITY) - this.#report.selected;
    const wanted = this.#singles === undefined ? this.#batchSize() : this.#limits.maxEvents;
    return {
      limits: { maxEvents: Math.min(wanted, left), maxBytes: this.#limits.maxBytes },
      wireSize: (event) => this.#deps.receiver.wireSize(event),
      heldBy,
      ignoreBackoff: this.#options.ignoreBackoff,
      pendingOnly: this.#options.pendingOnly === true,
      now: this.#deps.now(),
    };
  }

  #counted(claim: Claim | undefined): Claim | undefined {
    this.#report.selected += claim?.events.length ?? 0;
    return claim;
  }

  #batchSize(): number {
    return Math.min(batchSize(this.#health, this.#limits.maxEvents), this.#pacer.mostAtOnce);
  }

  async #deliver(claim: Claim): Promise<void> {
    if (this.#singles === undefined) await this.#batches.run(claim);
    else await this.#deliverSingly(claim, await this.#postable(claim), this.#singles);
  }

  /** Settles those that this receiver can never be given; returns the others. */
  async #postable(claim: Claim): Promise<readonly ClaimedEvent[]> {
    const { judged, postable } = unpostable(claim.events, this.#deps.receiver);
    if (judged.length > 0) await this.#settle(claim, judged);
    return postable;
  }

  #batchDeps(): BatchRequestDeps {
    return {
      isOver: () => this.#isOver,
      postable: (claim) => this.#postable(claim),
      pace: (events) => this.#pacer.take(events, this.#options.signal),
      mayLeave: (claim, batch) => this.#mayLeave(claim, batch),
      request: (claim, events, course) => this.#request(claim, events, course),
      settle: (claim, settlements, post) => this.#settle(claim, settlements, post),
      giveBack: (claim, parts) => this.#giveBack(claim, parts),
      considerStopping: (report, lineIsBad) => this.#considerStopping(report, lineIsBad),
      progress: async () => this.#options.onProgress?.(this.#report),
      lookAhead: () => this.#lookAhead(),
      claimBehind: (claim) => this.#claimBehind(claim),
    };
  }

  get #isOver(): boolean {
    return this.#stopped || this.#options.signal.aborted;
  }

  /**
   * Reads and composes the batch after the one on the wire, for the permission
   * that was given last: when it goes, permission is asked again.
   */
  async #lookAhead(): Promise<PreparedRequest | undefined> {
    const { receiver, ledger } = this.#deps;
    const request = this.#requestAhead();
    if (request === undefined || receiver.prepare === undefined) return undefined;
    const events = await ledger.lookAhead(this.#pass, request);
    if (events === undefined) return undefined;
    const { judged, postable } = unpostable(events, receiver);
    const prepared = judged.length > 0 ? undefined : await receiver.prepare(postable);
    step('dispatch.prepared');
    return prepared;
  }

  /** Undefined where nothing is claimed ahead: where events wait for their turn, verdicts would wait with them. */
  #requestAhead(): ClaimRequest | undefined {
    if (this.#permitted === undefined || this.#deps.eventsPerSecond !== undefined) return undefined;
    const request = this.#claimRequest(this.#permitted);
    return request.limits.maxEvents > 0 ? request : undefined;
  }

  /** For the permission that was given last, too: what must not leave by now is given back before its post. */
  async #claimBehind(claim: Claim): Promise<Claim | undefined> {
    const request = this.#requestAhead();
    if (request === undefined) return undefined;
    return this.#counted(await this.#deps.ledger.claimBehind(this.#pass, claim, request));
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
    const isPaced = this.#deps.eventsPerSecond !== undefined;
    const unbegun = await singles.run(events, {
      isOver: () => this.#isOver,
      pace: isPaced ? () => this.#pacer.take(1, this.#options.signal) : undefined,
      more: () => this.#claimMore(claim),
      mayLeave: (wave) => this.#mayLeave(claim, asWaiting(wave)),
      post: (event) => this.#postOne(claim, event),
      settle: (delivered) => this.#settleSingles(claim, delivered),
    });
    await this.#giveBack(claim, [asWaiting(unbegun)]);
  }

  /** First attempts that follow those of a claim, added to it while these are still going out. */
  async #claimMore(claim: Claim): Promise<readonly ClaimedEvent[] | undefined> {
    const request = this.#requestAhead();
    if (request === undefined) return undefined;
    if ((await this.#deps.ledger.lookAhead(this.#pass, request)) === undefined) return undefined;
    const more = await this.#claimBehind(claim);
    return more && this.#postable(more);
  }

  async #postOne(claim: Claim, event: ClaimedEvent): Promise<Delivered> {
    const { report, startedAt, durationMs } = await this.#request(claim, [event]);
    if (!isAccepted(report)) await this.#considerStopping(report, false);
    return { event, report, startedAt, durationMs };
  }

  async #settleSingles(claim: Claim, delivered: readonly Delivered[]): Promise<void> {
    const settlements = delivered.map(({ event, report }) =>
      settlement(event, report.outcomes[0] ?? report.ifAlone ?? NO_VERDICT),
    );
    await this.#settle(claim, settlements, groupRecord(delivered));
    await this.#options.onProgress?.(this.#report);
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

  /** What was posted keeps what was learned of it; the rest is as if it had not been claimed. */
  async #giveBack(claim: Claim, parts: readonly Waiting[]): Promise<void> {
    await this.#settle(claim, parts.filter(({ posted }) => posted).flatMap(leftOver));
    const unposted = parts.filter(({ posted }) => !posted).flatMap(({ events }) => events);
    if (unposted.length === 0) return;
    if (await this.#deps.ledger.release(this.#pass, claim, unposted))
      this.#report.selected -= unposted.length;
    else this.#lost();
  }

  /** One request and what it says of the health of the target. */
  async #request(
    claim: Claim,
    events: readonly ClaimedEvent[],
    course?: RequestCourse,
  ): Promise<Posted> {
    const startedAt = this.#deps.now();
    step('dispatch.posting');
    // Not the drain's signal: a batch in flight is finished and recorded.
    const mayStillLeave = () => this.#mayStillLeave(claim, events);
    const { receiver } = this.#deps;
    const report = await receiver.deliver(events, NEVER_ABORTED, mayStillLeave, course);
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

  async #considerStopping(report: DeliveryReport, lineIsBad: boolean): Promise<void> {
    if (report.gone !== undefined) {
      await this.#deps.retire?.();
      this.#close({ reason: 'target_retired', message: report.gone });
    } else if (report.stop !== undefined) this.#stop(report.stop);
    else if (report.blocked !== undefined) {
      const said = report.blockedBy ?? { message: report.error ?? 'the target refuses us' };
      this.#close({ reason: report.blocked, message: said.message, advice: said.advice });
    } else if (report.retryAfterMs !== undefined && this.#health.resumeAt !== null) {
      const until = new Date(this.#health.resumeAt).toISOString();
      this.#stop(`the target asked to be left alone until ${until}`);
    } else if (isTransient(report) && circuitIsOpen(this.#health)) {
      const failures = this.#health.circuitFailures;
      this.#stop(`circuit open: ${failures} batches in a row failed, last: ${report.error ?? ''}`);
      if (report.httpStatus === null) this.#report.blocked_reason = 'network_unavailable';
    } else if (lineIsBad) {
      this.#stop(`the target refuses event after event with one message: ${report.error ?? ''}`);
    }
  }

  #close(gate: ClosedGate): void {
    block(this.#report, gate);
    if (isOfTarget(gate))
      this.#health = {
        ...this.#health,
        blockedReason: gate.reason,
        blockedMessage: wholeText(gate),
      };
    this.#stopped = true;
  }

  #stop(message: string): void {
    this.#report.message = message;
    this.#report.advice = null;
    this.#stopped = true;
  }

  /** A pass that was not stopped proves that nothing stands in the way. */
  #healthAtEnd(): TargetHealth {
    if (this.#stopped || this.#health.blockedReason === 'network_unavailable') return this.#health;
    return { ...this.#health, blockedReason: null, blockedMessage: null };
  }
}

const NEVER_ABORTED = new AbortController().signal;
// Each request under way listens to it: many are no leak.
setMaxListeners(0, NEVER_ABORTED);
