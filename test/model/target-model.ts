import type { Outcome } from '../../src/dispatch/ports.js';
import { TargetModel } from '../ledger/ledger-model.js';
import type { EventType, Project } from './commands.js';
import type { SeenFlight } from './observed.js';

/** Milliseconds before another try, with the jitter that programs run with. */
function backoffMs(tries: number): number {
  return Math.min(3_600_000, 2_000 * 2 ** (tries - 1)) / 2;
}

/** What decides in which lane an event travels, and whether a target gets it. */
export interface InLane {
  readonly seq: number;
  readonly project: Project;
  readonly type: EventType;
}

export const laneOf = ({ project, type }: Pick<InLane, 'project' | 'type'>): string =>
  `${type} ${project}`;

/** What redrain should know of one target, beside what every ledger test knows. */
export class KnownTarget extends TargetModel {
  retired = false;
  /** The server wants to be left alone until then. */
  resumeAt: number | null = null;
  passNo = 0;
  /** When a delivery is due again; absent where the program cannot tell. */
  readonly due = new Map<number, number | null>();
  /** The newest event of each lane that was ever claimed. */
  readonly reached = new Map<string, number>();
  /** Event types it does not get. */
  unwanted: ReadonlySet<EventType> = new Set();
  /** The first event it gets. */
  start = 0;
  /** Restored behind that point and never attempted: only a todo names them. */
  readonly owed = new Set<number>();
  /** How often a receiver said no. */
  readonly #refusals = new Map<number, number>();

  /** A verdict that a receiver gave. */
  settle(seq: number, kind: Outcome['kind'], now: number): void {
    this.judge(seq, kind);
    const delivery = this.deliveries.get(seq);
    const tries = kind === 'rejected' ? delivery?.rejections : delivery?.attempts;
    if (kind === 'rejected' || kind === 'terminal_failed')
      this.#refusals.set(seq, (this.#refusals.get(seq) ?? 0) + 1);
    const isFinal = this.isDelivered(seq) || kind === 'terminal_failed';
    this.due.set(seq, isFinal ? null : now + backoffMs(tries ?? 1));
  }

  /** No verdict came before the pass was over. */
  giveBack(seq: number): void {
    this.judge(seq, 'transient');
    this.due.delete(seq);
  }

  /** The next pass begins with what a crash left in flight. */
  beginPass(now: number): void {
    const interrupted = [...this.inFlight];
    this.recover();
    this.passNo += 1;
    for (const seq of interrupted) this.due.set(seq, this.isDelivered(seq) ? null : now);
  }

  claim(event: InLane): void {
    const { seq } = event;
    const lane = laneOf(event);
    this.inFlight.add(seq);
    this.owed.delete(seq);
    this.reached.set(lane, Math.max(seq, this.reached.get(lane) ?? 0));
  }

  /** It was claimed and not posted: as if it had not been claimed, but for how the ledger finds it again. */
  release(seq: number, seen: SeenFlight): void {
    this.inFlight.delete(seq);
    if (seen.owed.has(seq)) this.owed.add(seq);
    this.noteCursors(seen.cursors);
  }

  /** How far first attempts have come: what is given back may put it back. */
  noteCursors(cursors: SeenFlight['cursors']): void {
    for (const [lane, cursor] of cursors) this.reached.set(lane, cursor);
  }

  /** It never gets this one, as its settings are now. */
  excludes({ seq, type }: InLane): boolean {
    return this.unwanted.has(type) || this.#isEarly(seq);
  }

  /** What is live of what it excluded is found by its lane, or is owed behind where that stands. */
  startAt(start: number, live: readonly InLane[]): void {
    const early = live.filter(({ seq }) => this.#isEarly(seq));
    this.start = start;
    for (const seq of [...this.owed]) if (this.#isEarly(seq)) this.owed.delete(seq);
    for (const event of early) if (!this.#isEarly(event.seq)) this.restore(event);
  }

  #isEarly(seq: number): boolean {
    return seq < this.start && !this.deliveries.has(seq) && !this.inFlight.has(seq);
  }

  /** A drain may have, or had, this event in its hands. */
  speaksOf(seq: number): boolean {
    return this.deliveries.has(seq) || this.inFlight.has(seq) || this.owed.has(seq);
  }

  /** Only an operator would have it sent again. */
  isSettled(seq: number): boolean {
    if (this.replayed.has(seq)) return false;
    const status = this.deliveries.get(seq)?.status ?? '';
    return this.isDelivered(seq) || ['terminal_failed', 'withheld'].includes(status);
  }

  /** Makes it due now, as an operator's `retry` does. */
  retry(seq: number, now: number): void {
    const delivery = this.deliveries.get(seq);
    if (delivery?.status === 'terminal_failed') delivery.status = 'failed_transient';
    this.due.set(seq, now);
  }

  mayBeRetried(seq: number): boolean {
    const status = this.deliveries.get(seq)?.status ?? '';
    const isOpen = ['terminal_failed', 'rejected', 'failed_transient'].includes(status);
    return isOpen && !this.inFlight.has(seq);
  }

  mayBeReplayed(seq: number): boolean {
    return this.isDelivered(seq) && !this.replayed.has(seq) && !this.inFlight.has(seq);
  }

  /** What is not live is not to be sent, whatever was planned. */
  forgetTodo(seq: number): void {
    this.owed.delete(seq);
    this.replayed.delete(seq);
  }

  /** It got, or may have got, another revision: this one is not for it. */
  withhold(seq: number): void {
    this.deliveries.set(seq, { status: 'withheld', attempts: 0, rejections: 0, generation: 1 });
    this.due.set(seq, null);
  }

  withholdNoLonger(seq: number): void {
    if (this.deliveries.get(seq)?.status !== 'withheld') return;
    this.deliveries.delete(seq);
    this.due.delete(seq);
  }

  /** True unless every attempt there was is known to have been refused. */
  mayHave(seq: number): boolean {
    if (this.inFlight.has(seq)) return true;
    const delivery = this.deliveries.get(seq);
    if (delivery === undefined) return false;
    const wasReplayed = delivery.generation > 1;
    const wasAccepted = this.isDelivered(seq) || delivery.status === 'pending';
    return wasReplayed || wasAccepted || delivery.attempts > (this.#refusals.get(seq) ?? 0);
  }

  /** Comes back behind the cursor of its lane. */
  restore(event: InLane): void {
    const { seq } = event;
    const isBehind = seq <= (this.reached.get(laneOf(event)) ?? 0);
    if (isBehind && !this.speaksOf(seq) && !this.#isEarly(seq)) this.owed.add(seq);
  }

  /**
   * Why it may not be claimed now, if its own history forbids it. Which types it gets is for
   * the moment of the post: a claim that follows another may be made by what was permitted
   * before, and is given back then.
   */
  objection(event: InLane, given: { honourBackoff: boolean; now: number }): string | undefined {
    const { seq } = event;
    if (this.#isEarly(seq)) return 'is before the first it gets';
    if (this.doneInPass.has(seq)) return 'had its outcome in this pass';
    const status = this.deliveries.get(seq)?.status;
    if (this.isDelivered(seq) && !this.replayed.has(seq)) return 'is delivered';
    if (status === 'terminal_failed') return 'has failed for good';
    if (status === 'withheld') return 'is withheld';
    const due = this.due.get(seq) ?? 0;
    if (given.honourBackoff && !this.replayed.has(seq) && due > given.now) return 'is not due yet';
    return undefined;
  }
}
