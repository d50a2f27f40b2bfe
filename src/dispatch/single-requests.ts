import { turn } from '../base/pace.js';
import type { ClaimedEvent, DeliveryReport } from './ports.js';

/** What one request of one event brought back. */
export interface Delivered {
  readonly event: ClaimedEvent;
  readonly report: DeliveryReport;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly durationMs: number;
}

/** What the requests of one claim need of the pass that makes them. */
export interface SingleRequestDeps {
  /** Asks whether the event may leave, waits for its turn, and posts it; undefined: it was not posted. */
  deliver(event: ClaimedEvent): Promise<Delivered | undefined>;
  /** Writes what arrived since the last call. Never called twice at once. */
  settle(delivered: readonly Delivered[]): Promise<void>;
  isOver(): boolean;
}

/** So many good answers in a row win one more request at once back. */
const GOOD_ANSWERS_PER_STEP = 16;

/**
 * One event in each request, several requests at once. Lives for one pass, so
 * that a target that was too fast for keeps its slower pace in the next claim.
 * Events are begun in journal order; they arrive in any order.
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
    const group = new SettleGroup(deps, () => this.#atOnce);
    let running = 0;
    let ended: () => void = () => {};
    const begin = async (event: ClaimedEvent): Promise<void> => {
      running += 1;
      await this.#one(event, deps, group).catch((error: unknown) => group.fail(error));
      running -= 1;
      ended();
    };
    const oneEnds = () =>
      new Promise<void>((resolve) => {
        ended = resolve;
      });
    let begun = 0;
    while (begun < events.length && !group.hasFailed && !deps.isOver()) {
      if (running >= this.#atOnce) await oneEnds();
      else {
        void begin(events[begun] as ClaimedEvent);
        begun += 1;
      }
    }
    while (running > 0) await oneEnds();
    await group.settled();
    return events.slice(begun);
  }

  async #one(event: ClaimedEvent, deps: SingleRequestDeps, group: SettleGroup): Promise<void> {
    // Signals and timers of the program get their turn, also where no request gives them one.
    await turn();
    const delivered = await deps.deliver(event);
    if (delivered === undefined) return;
    this.#adapt(delivered.report);
    await group.add(delivered);
  }

  #adapt({ slowDown }: DeliveryReport): void {
    this.#goodInARow = slowDown === true ? 0 : this.#goodInARow + 1;
    if (slowDown === true) this.#atOnce = Math.max(1, Math.floor(this.#atOnce / 2));
    else if (this.#goodInARow % GOOD_ANSWERS_PER_STEP === 0)
      this.#atOnce = Math.min(this.#most, this.#atOnce + 1);
  }
}

/**
 * Puts questions together that are asked in one turn of the event loop. The
 * answer is looked for after the last of them was asked, so that each gets one
 * that is no older than its question.
 */
export class AskedTogether<Subject, Answer> {
  readonly #ask: (subjects: readonly Subject[]) => Promise<Answer>;
  #subjects: Subject[] = [];
  #answer: Promise<Answer> | undefined;

  constructor(ask: (subjects: readonly Subject[]) => Promise<Answer>) {
    this.#ask = ask;
  }

  ask(subject: Subject): Promise<Answer> {
    this.#subjects.push(subject);
    this.#answer ??= this.#afterThisTurn();
    return this.#answer;
  }

  async #afterThisTurn(): Promise<Answer> {
    await turn();
    const subjects = this.#subjects;
    this.#subjects = [];
    this.#answer = undefined;
    return this.#ask(subjects);
  }
}

/** Milliseconds that an answer waits for others to share its commit. */
const WAITS_MS = 5;

/** Collects answers, and writes as many as may be together. */
class SettleGroup {
  readonly #deps: SingleRequestDeps;
  readonly #mostWaiting: () => number;
  #waiting: Delivered[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(deps: SingleRequestDeps, mostWaiting: () => number) {
    this.#deps = deps;
    this.#mostWaiting = mostWaiting;
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
  }

  /** Resolves at once, unless as many wait already as may. */
  async add(delivered: Delivered): Promise<void> {
    this.#waiting.push(delivered);
    if (this.#waiting.length >= this.#mostWaiting()) await this.#write();
    else this.#timer ??= setTimeout(() => void this.#write(), WAITS_MS);
  }

  /** Writes what waits. @throws the first error of those who deliver and write. */
  async settled(): Promise<void> {
    await this.#write();
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0 && !this.hasFailed) {
      const group = this.#waiting;
      this.#waiting = [];
      await this.#deps.settle(group).catch((error: unknown) => this.fail(error));
    }
  }
}
