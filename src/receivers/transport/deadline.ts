/** Who ended a request: its own deadline, or the caller's signal. */
export type EndedBy = 'deadline' | 'caller';

/**
 * One deadline over everything a request does, its slow body included: ends
 * after `ms`, or when the caller's signal aborts; `release` frees both. Not
 * `AbortSignal.any`: on Node 20 that keeps something alive for each call as
 * long as the caller's signal lives, which is the life of a worker.
 */
export class Deadline {
  readonly #waiting: Set<Deadline>;
  readonly #timer: NodeJS.Timeout;
  #controller: AbortController | undefined;
  #stop: (() => void) | undefined;
  #endedBy: EndedBy | undefined;

  constructor(ms: number, caller: AbortSignal) {
    this.#waiting = waitingFor(caller);
    this.#timer = setTimeout(() => this.#end('deadline'), ms);
    if (caller.aborted) this.#end('caller');
    else this.#waiting.add(this);
  }

  /** Ends all that wait for a signal. */
  static abort(waiting: ReadonlySet<Deadline>): void {
    for (const deadline of [...waiting]) deadline.#end('caller');
  }

  /** Undefined while it has not ended. */
  get endedBy(): EndedBy | undefined {
    return this.#endedBy;
  }

  /** Aborts at the end. Made for those who ask: it costs as much as a small request. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#endedBy !== undefined) this.#controller.abort();
    return this.#controller.signal;
  }

  /** Calls `stop` at the end, in place of the one before; at once when that has come. */
  stopping(stop: () => void): void {
    this.#stop = stop;
    if (this.#endedBy !== undefined) stop();
  }

  release(): void {
    clearTimeout(this.#timer);
    this.#waiting.delete(this);
    this.#stop = undefined;
  }

  #end(by: EndedBy): void {
    if (this.#endedBy !== undefined) return;
    this.#endedBy = by;
    this.#controller?.abort();
    this.#stop?.();
  }
}

/** By signal, the deadlines that it ends. */
const WAITING = new WeakMap<AbortSignal, Set<Deadline>>();

/** One listener for all requests of a caller: to add and remove one for each costs as much as signing it. */
function waitingFor(caller: AbortSignal): Set<Deadline> {
  const known = WAITING.get(caller);
  if (known !== undefined) return known;
  const waiting = new Set<Deadline>();
  WAITING.set(caller, waiting);
  caller.addEventListener('abort', () => Deadline.abort(waiting), { once: true });
  return waiting;
}
