import { turn } from '../base/pace.js';
import { step } from '../base/steps.js';
import { Bisection, type Step, suspects } from './bisection.js';
import { addWarnings, countSettlements, type DrainReport, emptyReport } from './drain-report.js';
import { batchSize, circuitIsOpen, healthAfter, isTransient } from './health.js';
import {
  type BatchIsolation,
  type BatchLimits,
  type Claim,
  type ClaimedEvent,
  type ClosedGate,
  type DeliveryLedger,
  type DeliveryReceiver,
  type DeliveryReport,
  DRAIN_BLOCKED_REASONS,
  type Pass,
  type Permission,
  type PermissionNow,
  type PostRecord,
  type Settlement,
  type TargetGreeting,
  type TargetHealth,
} from './ports.js';
import { unpostable } from './unpostable.js';
import { WAITS } from './waits.js';

/** The lock that decides who drains a target; the operating system frees it with its holder. */
export interface TargetLock {
  /** Undefined when another process holds it and `wait` is false, or the signal aborts first. */
  acquire(wait: boolean, signal: AbortSignal): Promise<{ release(): void } | undefined>;
}

export interface DrainDeps {
  readonly target: { readonly id: number; readonly url: string };
  readonly ledger: DeliveryLedger;
  readonly receiver: DeliveryReceiver;
  readonly lock: TargetLock;
  /** Who drains, for people and for `status`. */
  readonly holder: string;
  /** Asked before every request, so that whatever the operator says takes effect with the next one. */
  permission(): Promise<PermissionNow>;
  /** Takes note of what a target told of itself; returns the deployment to record. */
  noteGreeting(greeting: TargetGreeting): Promise<number | null>;
  /** Epoch milliseconds. */
  now(): number;
  random(): number;
}

export interface DrainOptions {
  /** At most so many events in this pass. */
  readonly limit?: number;
  /** True for an operator's `now`: backoff and an open circuit are tried anyway. */
  readonly ignoreBackoff: boolean;
  /** Ask again about pending events, due or not, and post nothing else. */
  readonly pendingOnly?: boolean;
  /** False: do not wait for another drain of the same target. */
  readonly waitForLock: boolean;
  readonly signal: AbortSignal;
  /** Told after each batch; the next one waits for it. */
  onProgress?(report: DrainReport): void | Promise<void>;
}

/**
 * One pass over one target: select, post, record, until the journal head the pass
 * began with. Delivery is at least once; whatever ends it, the ledger tells the
 * truth.
 */
export async function drain(deps: DrainDeps, options: DrainOptions): Promise<DrainReport> {
  const startedAt = deps.now();
  const report = emptyReport(deps.target);
  const allowed = await deps.permission();
  const closed = typeof allowed === 'function' ? await deps.receiver.closedGate() : allowed;
  if (closed === undefined) await drainUnderLock(deps, options, report);
  else {
    if (isOfTarget(closed)) await deps.ledger.noteBlocked(deps.target.id, closed);
    block(report, closed);
  }
  await countBacklog(deps, report);
  report.duration_ms = deps.now() - startedAt;
  return report;
}

async function drainUnderLock(
  deps: DrainDeps,
  options: DrainOptions,
  report: DrainReport,
): Promise<void> {
  const lock = await deps.lock.acquire(options.waitForLock, options.signal);
  if (lock === undefined) {
    report.interrupted = options.signal.aborted;
    if (!report.interrupted) block(report, LOCKED);
    return;
  }
  try {
    step('dispatch.locked');
    const lease = await deps.ledger.takeLease(deps.target.id, deps.holder);
    const pass = await deps.ledger.beginPass(lease, deps.now());
    report.recovered = pass.recovered;
    await new DrainPass(deps, options, report, pass).run();
  } finally {
    lock.release();
  }
}

const LOCKED: ClosedGate = {
  reason: 'daemon_lock',
  message: 'another process is draining this target; leave out --no-wait to wait for it',
};

function block(report: DrainReport, gate: ClosedGate): void {
  report.blocked_reason = gate.reason;
  report.message = gate.message;
}

/** Mode and retirement are the operator's word, read where it is written: no news of the target. */
const isOfTarget = ({ reason }: ClosedGate): boolean =>
  reason !== 'delivery_off' && reason !== 'target_retired';

async function countBacklog(deps: DrainDeps, report: DrainReport): Promise<void> {
  const permission = await deps.permission();
  const heldBy: Permission =
    typeof permission === 'function'
      ? permission
      : (permission.heldBy ?? (() => permission.reason));
  const { unsent, held, heldRetries } = await deps.ledger.backlog(deps.target.id, heldBy);
  report.unsent = unsent;
  report.held = Object.values(held).reduce((sum, events) => sum + events, 0);
  if (report.posts > 0 || report.selected > 0 || report.blocked_reason !== null) return;
  const reasons = { ...held, ...heldRetries };
  report.blocked_reason =
    DRAIN_BLOCKED_REASONS.find((reason) => reasons[reason] !== undefined) ?? null;
}

/** The state of one running pass. */
class DrainPass {
  readonly #deps: DrainDeps;
  readonly #options: DrainOptions;
  readonly #report: DrainReport;
  readonly #pass: Pass;
  readonly #bisection = new Bisection();
  #health: TargetHealth;
  #limits: BatchLimits;
  #deploymentRef: number | null = null;
  #stopped = false;

  constructor(deps: DrainDeps, options: DrainOptions, report: DrainReport, pass: Pass) {
    this.#deps = deps;
    this.#options = options;
    this.#report = report;
    this.#pass = pass;
    this.#health = pass.health;
    this.#limits = deps.receiver.limits;
  }

  async run(): Promise<void> {
    if (this.#mayStart() && (await this.#permission()) && (await this.#greet())) {
      while (!this.#stopped) {
        const claim = await this.#claim();
        if (claim === undefined) break;
        await this.#deliverClaim(claim);
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
    const maxEvents = Math.min(batchSize(this.#health, this.#limits.maxEvents), left);
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

  async #deliverClaim(claim: Claim): Promise<void> {
    const { judged, postable } = unpostable(claim.events, this.#deps.receiver, this.#limits);
    if (judged.length > 0) await this.#settle(claim, judged);
    // In the order of the journal, whichever of them goes next.
    const waiting: Waiting[] =
      postable.length > 0 ? [{ events: postable, posted: false, isolation: claim.isolation }] : [];
    this.#bisection.begin(claim.isolation);
    while (!this.#stopped && !this.#options.signal.aborted) {
      const position = this.#bisection.pick(waiting);
      const [batch] = waiting.splice(position, 1);
      if (batch === undefined) return;
      // Signals, timers and aborts of the program get their turn, also where no request gives them one.
      await turn();
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
    const startedAt = this.#deps.now();
    step('dispatch.posting');
    // Not the drain's signal: a batch in flight is finished and recorded.
    const mayStillLeave = () => this.#mayStillLeave(claim, batch);
    const report = await this.#deps.receiver.deliver(batch, NEVER_ABORTED, mayStillLeave);
    step('dispatch.posted');
    this.#report.posts += 1;
    addWarnings(this.#report, report.warnings ?? []);
    const now = this.#deps.now();
    this.#health = healthAfter(this.#health, report, now, this.#deps.random);
    const decided = this.#bisection.decide(batch, report);
    const post = { startedAt, durationMs: now - startedAt, events: batch, report };
    await this.#settle(claim, decided.settlements, post);
    this.#considerStopping(report);
    return decided;
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

  #considerStopping(report: DeliveryReport): void {
    if (report.stop !== undefined) this.#stop(report.stop);
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
