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
 * What arrives while the ledger writes is written together with the next
 * commit, so that a commit is shared by as many answers as came meanwhile.
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
    const group = new SettleGroup(deps);
    const running = new Set<Promise<void>>();
    let begun = 0;
    while (begun < events.length && !group.hasFailed && !deps.isOver()) {
      if (running.size >= this.#atOnce) {
        await Promise.race(running);
        continue;
      }
      const one: Promise<void> = this.#one(events[begun] as ClaimedEvent, deps, group)
        .catch((error: unknown) => group.fail(error))
        .finally(() => running.delete(one));
      running.add(one);
      begun += 1;
    }
    await Promise.all(running);
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

/** Answers that may wait for the ledger before requests wait for it too. */
const MOST_WAITING = 256;

/** Collects answers while a commit is under way, and writes them with the next. */
class SettleGroup {
  readonly #deps: SingleRequestDeps;
  #waiting: Delivered[] = [];
  #writing: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(deps: SingleRequestDeps) {
    this.#deps = deps;
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
  }

  /** Resolves at once, unless the ledger is far behind. */
  async add(delivered: Delivered): Promise<void> {
    this.#waiting.push(delivered);
    this.#writing ??= this.#write();
    if (this.#waiting.length >= MOST_WAITING) await this.#writing;
  }

  async settled(): Promise<void> {
    await this.#writing;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0 && !this.hasFailed) {
      // Answers that arrive in the same turn of the event loop share the commit.
      await turn();
      const group = this.#waiting;
      this.#waiting = [];
      await this.#deps.settle(group).catch((error: unknown) => this.fail(error));
    }
    this.#writing = undefined;
  }
}
