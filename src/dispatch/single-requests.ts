import { turn } from '../base/pace.js';
import type { ClaimedEvent, DeliveryReport } from './ports.js';
import { SettleGroup } from './settle-group.js';

/** What one request of one event brought back. */
export interface Delivered {
  readonly event: ClaimedEvent;
  readonly report: DeliveryReport;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly durationMs: number;
}

/** What the requests of a pass need of it. */
export interface SingleRequestDeps {
  /** Those of these events that may leave at this moment; the others were given back. */
  mayLeave(events: readonly ClaimedEvent[]): Promise<readonly ClaimedEvent[]>;
  post(event: ClaimedEvent): Promise<Delivered>;
  /** Writes what arrived since the last call. Never called twice at once. */
  settle(delivered: readonly Delivered[]): Promise<void>;
  /** Claims events to follow; undefined: nothing can follow those that are claimed. */
  more(): Promise<readonly ClaimedEvent[] | undefined>;
  /** Waits until one more event may leave; undefined where as many may as there are requests. */
  readonly pace?: (() => Promise<void>) | undefined;
  isOver(): boolean;
}

/** So many good answers in a row win one more request at once back. */
const GOOD_ANSWERS_PER_STEP = 16;

/**
 * One event in each request, several requests at once. Lives for one pass, so
 * that a target that was too fast for keeps its slower pace in the next claim.
 * Events are begun in journal order; they arrive in any order.
 *
 * They go in waves: those whose turn comes in one turn of the event loop are
 * asked for together, and the next are claimed before the last have gone.
 *
 * A commit is shared by as many answers as there may be requests at once, or by
 * those of some milliseconds: what a kill can make arrive twice is then no more
 * than what was under way, and as much again.
 */
export class SingleRequests {
  readonly #most: number;
  #atOnce: number;
  #goodInARow = 0;

  constructor(requestsAtOnce: number) {
    this.#most = requestsAtOnce;
    this.#atOnce = requestsAtOnce;
  }

  /**
   * Resolves when no request is under way and everything that arrived is
   * written; returns the events that were not begun. Rejects with the first
   * error, after the requests under way have ended.
   */
  async run(
    events: readonly ClaimedEvent[],
    deps: SingleRequestDeps,
  ): Promise<readonly ClaimedEvent[]> {
    const group = new SettleGroup(
      (delivered) => deps.settle(delivered),
      () => this.#atOnce,
    );
    const waiting = new Waiting(events, deps);
    const running = new Running();
    try {
      while (!group.hasFailed && !deps.isOver()) {
        const begun = await this.#begin(waiting, running, deps, group);
        if (!begun && running.count === 0) break;
        if (!begun || running.count >= this.#atOnce) await running.oneEnds();
        // Signals and timers of the program get their turn, also where no request gives them
        // one; what else arrives in it makes room for those that follow.
        await turn();
      }
    } catch (error) {
      group.fail(error);
    }
    while (running.count > 0) await running.oneEnds();
    await group.settled();
    return waiting.left;
  }

  /** Begins those of the next wave that may leave; false when there is no room, or nothing to begin. */
  async #begin(
    waiting: Waiting,
    running: Running,
    deps: SingleRequestDeps,
    group: SettleGroup,
  ): Promise<boolean> {
    const isFull = running.count >= this.#atOnce;
    if (isFull || !(await waiting.hasSome(this.#most))) return false;
    await deps.pace?.();
    if (deps.isOver()) return false;
    const wave = waiting.take(deps.pace === undefined ? this.#atOnce - running.count : 1);
    for (const event of await deps.mayLeave(wave))
      running.add(this.#one(event, deps, group).catch((error: unknown) => group.fail(error)));
    return true;
  }

  async #one(event: ClaimedEvent, deps: SingleRequestDeps, group: SettleGroup): Promise<void> {
    const delivered = await deps.post(event);
    this.#adapt(delivered.report);
    const written = group.add(delivered);
    if (written !== undefined) await written;
  }

  #adapt({ slowDown }: DeliveryReport): void {
    this.#goodInARow = slowDown === true ? 0 : this.#goodInARow + 1;
    if (slowDown === true) this.#atOnce = Math.max(1, Math.floor(this.#atOnce / 2));
    else if (this.#goodInARow % GOOD_ANSWERS_PER_STEP === 0)
      this.#atOnce = Math.min(this.#most, this.#atOnce + 1);
  }
}

/** Events that are claimed and not begun. */
class Waiting {
  #events: readonly ClaimedEvent[];
  #begun = 0;
  readonly #more: SingleRequestDeps['more'];
  #isLast = false;

  constructor(events: readonly ClaimedEvent[], { more }: Pick<SingleRequestDeps, 'more'>) {
    this.#events = events;
    this.#more = more;
  }

  get left(): readonly ClaimedEvent[] {
    return this.#events.slice(this.#begun);
  }

  /** Claims more where there is no more than two waves of so many. */
  async hasSome(wave: number): Promise<boolean> {
    if (!this.#isLast && this.#events.length - this.#begun < 2 * wave) await this.#claim();
    return this.#events.length > this.#begun;
  }

  /** Up to `most`, in their order; they are no longer among those that are left. */
  take(most: number): readonly ClaimedEvent[] {
    const wave = this.#events.slice(this.#begun, this.#begun + most);
    this.#begun += wave.length;
    return wave;
  }

  async #claim(): Promise<void> {
    const more = await this.#more();
    this.#isLast = more === undefined;
    this.#events = [...this.left, ...(more ?? [])];
    this.#begun = 0;
  }
}

/** Requests under way. */
class Running {
  count = 0;
  #ended: () => void = () => {};

  add(request: Promise<void>): void {
    this.count += 1;
    void request.then(() => {
      this.count -= 1;
      this.#ended();
    });
  }

  oneEnds(): Promise<void> {
    return new Promise((resolve) => {
      this.#ended = resolve;
    });
  }
}
