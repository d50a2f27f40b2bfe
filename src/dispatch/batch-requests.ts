import { turn } from '../base/pace.js';
import { Bisection, suspects } from './bisection.js';
import type {
  BatchIsolation,
  Claim,
  ClaimedEvent,
  DeliveryReport,
  PostRecord,
  PreparedRequest,
  RequestCourse,
  Settlement,
} from './ports.js';

/** Part of a claim that still has to be posted; `posted` once it was, in a batch that was refused. */
export interface Waiting {
  readonly events: readonly ClaimedEvent[];
  readonly posted: boolean;
  /** One of them is known to spoil batches, or they may share them with any. */
  readonly isolation: BatchIsolation;
}

/** What one request brought back. */
export interface Posted {
  readonly report: DeliveryReport;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly durationMs: number;
}

/** What batches need of the pass that posts them. */
export interface BatchRequestDeps {
  isOver(): boolean;
  /** Settles what can be judged without a request; returns what is left. */
  postable(claim: Claim): Promise<readonly ClaimedEvent[]>;
  /** Waits until so many events may leave; resolves at once when the pass is over. */
  pace(events: number): Promise<void>;
  /** Those of a batch that may leave now; the others were given back. */
  mayLeave(claim: Claim, batch: Waiting): Promise<readonly ClaimedEvent[]>;
  request(claim: Claim, events: readonly ClaimedEvent[], course: RequestCourse): Promise<Posted>;
  settle(claim: Claim, settlements: readonly Settlement[], post?: PostRecord): Promise<void>;
  giveBack(claim: Claim, parts: readonly Waiting[]): Promise<void>;
  /** Whether the pass ends with this answer; `lineIsBad`: one refusal after the other, with one message. */
  considerStopping(report: DeliveryReport, lineIsBad: boolean): Promise<void>;
  /** Told after each claim that is settled while the next one is on its way. */
  progress(): Promise<void>;
  /** Makes the next batch ready while one is on the wire; undefined: there is none that could be. */
  lookAhead(): Promise<PreparedRequest | undefined>;
  /** Claims what was made ready, while the verdicts on this claim are not written yet. */
  claimBehind(claim: Claim): Promise<Claim | undefined>;
}

/** A claim that goes next, and what was made ready for it. */
interface Next {
  readonly claim: Claim;
  readonly prepared: PreparedRequest | undefined;
}

/**
 * A batch in each request, one after the other. While one is on the wire, the
 * verdicts on the one before are written and the next is read, composed and
 * compressed; it is claimed when it goes, after the answer that it waits for.
 * Lives for one pass.
 */
export class BatchRequests {
  readonly #deps: BatchRequestDeps;
  readonly #bisection = new Bisection();
  /** Writes the verdicts that the answer before brought. */
  #owed: (() => Promise<void>) | undefined;

  constructor(deps: BatchRequestDeps) {
    this.#deps = deps;
  }

  /** Posts a claim, and all that can follow it without a new selection. Everything is settled then. */
  async run(claim: Claim): Promise<void> {
    try {
      let next: Next | undefined = { claim, prepared: undefined };
      while (next !== undefined) next = await this.#deliver(next);
    } finally {
      await this.#payUp();
    }
  }

  async #deliver({ claim, prepared }: Next): Promise<Next | undefined> {
    // In the order of the journal, whichever of them goes next.
    const waiting = await this.#partsOf(claim);
    this.#bisection.begin(claim.isolation);
    while (!this.#deps.isOver()) {
      const position = this.#bisection.pick(waiting);
      const [batch] = waiting.splice(position, 1);
      if (batch === undefined) return undefined;
      const events = await this.#cleared(claim, batch);
      if (events === undefined) {
        waiting.splice(position, 0, batch);
        break;
      }
      if (events.length === 0) continue;
      const { parts, next, aside } = await this.#post(
        claim,
        events,
        prepared,
        waiting.length === 0,
      );
      if (next !== undefined) return next;
      waiting.splice(position, 0, ...parts);
      if (aside) return this.#putAside(claim, waiting);
    }
    await this.#payUp();
    await this.#deps.giveBack(claim, waiting);
    return undefined;
  }

  async #partsOf(claim: Claim): Promise<Waiting[]> {
    const { isolation } = claim;
    const parts = generations(await this.#deps.postable(claim));
    return parts.map((events) => ({ events, posted: false, isolation }));
  }

  /** What of a batch may leave now; undefined when the pass has ended meanwhile. */
  async #cleared(claim: Claim, batch: Waiting): Promise<readonly ClaimedEvent[] | undefined> {
    // Signals, timers and aborts of the program get their turn, also where no request gives them one.
    await turn();
    await this.#deps.pace(batch.events.length);
    return this.#deps.isOver() ? undefined : this.#deps.mayLeave(claim, batch);
  }

  /** One POST and its record; returns what is to be posted next because of it. */
  async #post(
    claim: Claim,
    events: readonly ClaimedEvent[],
    prepared: PreparedRequest | undefined,
    isLast: boolean,
  ): Promise<{ parts: Waiting[]; next?: Next | undefined; aside: boolean }> {
    const { posted, ready } = await this.#onTheWire(claim, events, prepared, isLast);
    const { report } = posted;
    const decided = this.#bisection.decide(events, report);
    const settle = () => this.#deps.settle(claim, decided.settlements, { ...posted, events });
    const next = isLast && isAccepted(report) ? await this.#follow(claim, ready) : undefined;
    if (next !== undefined) {
      this.#owed = settle;
      return { parts: [], next, aside: false };
    }
    await settle();
    await this.#deps.considerStopping(report, this.#bisection.lineIsBad);
    const { isolation } = decided;
    const parts = decided.next.map((part) => ({ events: part, posted: true, isolation }));
    return { parts, aside: decided.aside === true };
  }

  /** Posts, and does meanwhile what need not wait for the answer. Nothing is on the wire any more when it ends. */
  async #onTheWire(
    claim: Claim,
    events: readonly ClaimedEvent[],
    prepared: PreparedRequest | undefined,
    isLast: boolean,
  ): Promise<{ posted: Posted; ready: PreparedRequest | undefined }> {
    const { promise: sent, resolve: onSent } = resolvable();
    const posting = this.#deps.request(claim, events, { prepared, onSent });
    // Work that holds the event loop would hold up a request that has not left yet.
    const hasLeft = Promise.race([sent, posting]);
    const meanwhile = hasLeft.then(() => this.#meanwhile(isLast));
    const [posted, done] = await Promise.allSettled([posting, meanwhile]);
    if (posted.status === 'rejected') throw posted.reason;
    if (done.status === 'rejected') throw done.reason;
    return { posted: posted.value, ready: done.value };
  }

  async #meanwhile(isLast: boolean): Promise<PreparedRequest | undefined> {
    if (this.#owed !== undefined) {
      await this.#payUp();
      await this.#deps.progress();
      await turn();
    }
    return isLast && !this.#deps.isOver() ? this.#deps.lookAhead() : undefined;
  }

  async #follow(claim: Claim, ready: PreparedRequest | undefined): Promise<Next | undefined> {
    if (ready === undefined || this.#deps.isOver()) return undefined;
    const next = await this.#deps.claimBehind(claim);
    return next && { claim: next, prepared: ready };
  }

  async #payUp(): Promise<void> {
    const settle = this.#owed;
    this.#owed = undefined;
    await settle?.();
  }

  /** For another pass: what is behind them is not to wait for them. */
  async #putAside(claim: Claim, parts: readonly Waiting[]): Promise<undefined> {
    const all = parts.flatMap(({ events }) => suspects(events));
    await this.#deps.settle(claim, all);
  }
}

function resolvable(): { readonly promise: Promise<void>; resolve(): void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** Nothing is left to be decided about such an answer: the next batch need not wait until it is written. */
export function isAccepted(report: DeliveryReport): boolean {
  const saysMore =
    report.stop !== undefined ||
    report.gone !== undefined ||
    report.blocked !== undefined ||
    report.retryAfterMs !== undefined ||
    report.slowDown !== undefined;
  return !saysMore && report.outcomes.every((one) => one !== undefined && ACCEPTED.has(one.kind));
}

const ACCEPTED: ReadonlySet<string> = new Set(['success', 'duplicate']);

/** A request says which generation it is of, so that one holds events of one only. */
function generations(events: readonly ClaimedEvent[]): (readonly ClaimedEvent[])[] {
  const parts = new Map<number, ClaimedEvent[]>();
  for (const event of events) {
    const part = parts.get(event.generation);
    if (part === undefined) parts.set(event.generation, [event]);
    else part.push(event);
  }
  return [...parts.values()];
}
