import { Refusal } from '../receive/refusal.js';

/** How many requests may be in work; more are told to come again. */
export interface WorkLimits {
  readonly requests: number;
  /** Of one token. */
  readonly perSender: number;
}

const COME_AGAIN = { 'retry-after': '1', connection: 'close' };

/** Counts the requests in work, of all and of each sender. */
export class WorkLimit {
  readonly #limits: WorkLimits;
  readonly #bySender = new Map<string, number>();
  #requests = 0;

  constructor(limits: WorkLimits) {
    this.#limits = limits;
  }

  get requests(): number {
    return this.#requests;
  }

  /** Returns what ends it. @throws Refusal 503 where there are too many. */
  enter(): () => void {
    if (this.#requests >= this.#limits.requests)
      throw new Refusal(503, 'busy: too many requests are in work', COME_AGAIN);
    this.#requests += 1;
    return once(() => {
      this.#requests -= 1;
    });
  }

  /** The same of one sender. @throws Refusal 429. */
  enterFor(sender: string): () => void {
    const before = this.#bySender.get(sender) ?? 0;
    if (before >= this.#limits.perSender)
      throw new Refusal(429, `too many requests of ${sender} are in work`, COME_AGAIN);
    this.#bySender.set(sender, before + 1);
    return once(() => {
      const left = (this.#bySender.get(sender) ?? 1) - 1;
      if (left === 0) this.#bySender.delete(sender);
      else this.#bySender.set(sender, left);
    });
  }
}

function once(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) work();
    isDone = true;
  };
}
