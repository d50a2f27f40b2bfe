/** Who ended a request: its own deadline, or the caller's signal. */
export type EndedBy = 'deadline' | 'caller';

/**
 * One deadline over everything a request does, its slow body included: ends
 * after `ms`, or when the caller's signal aborts; `release` frees both. Not
 * `AbortSignal.any`: on Node 20 that keeps something alive for each call as
 * long as the caller's signal lives, which is the life of a worker.
 */
export class Deadline {
  readonly #caller: AbortSignal;
  readonly #timer: NodeJS.Timeout;
  readonly #onCaller = () => this.#end('caller');
  #controller: AbortController | undefined;
  #stop: (() => void) | undefined;
  #endedBy: EndedBy | undefined;

  constructor(ms: number, caller: AbortSignal) {
    this.#caller = caller;
    this.#timer = setTimeout(() => this.#end('deadline'), ms);
    if (caller.aborted) this.#end('caller');
    else caller.addEventListener('abort', this.#onCaller, { once: true });
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
    this.#caller.removeEventListener('abort', this.#onCaller);
    this.#stop = undefined;
  }

  #end(by: EndedBy): void {
    if (this.#endedBy !== undefined) return;
    this.#endedBy = by;
    this.#controller?.abort();
    this.#stop?.();
  }
}
