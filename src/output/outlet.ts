import { writeSync } from 'node:fs';

/** What an outlet does when a write fails for another reason than a slow reader. */
export type FailurePolicy =
  /** Keeps what waits and tries again: a log whose disk is full for a while. */
  | 'keep'
  /** Loses this and everything after it: the output of a command. */
  | 'stop';

export interface OutletOptions {
  readonly onFailure: FailurePolicy;
  /** Bytes that may wait; what comes on top is lost. */
  readonly mostWaiting: number;
  /** As `fs.writeSync`; tests put a broken disk in its place. */
  readonly write?: (fd: number, bytes: Uint8Array) => number;
}

/** Pauses between two tries: short at first, as most readers are only slow. */
const FIRST_PAUSE_MS = 1;
/** A reader that stalls is asked 20 times a second. */
const LONGEST_PAUSE_MS = 50;
/** A full disk is asked once a second. */
const FAILURE_PAUSE_MS = 1_000;

/**
 * Writes to a descriptor and never waits inside a system call, given one of
 * `nonBlocking`: what cannot be written now waits in bounded memory and is
 * tried again by a timer.
 */
export class Outlet {
  /** Called when everything could be written again after lines were lost, with their number. */
  onRecovered: (lost: number) => void = () => undefined;
  readonly #fd: number;
  readonly #options: OutletOptions;
  readonly #write: (fd: number, bytes: Uint8Array) => number;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #pause = FIRST_PAUSE_MS;
  #timer: NodeJS.Timeout | undefined;
  #settled: (() => void)[] = [];
  #lost = 0;
  #lostUntold = 0;
  #brokenBy: string | undefined;

  constructor(fd: number, options: OutletOptions) {
    this.#fd = fd;
    this.#options = options;
    this.#write = options.write ?? writeSync;
  }

  /** How many texts were lost, in all. */
  get lost(): number {
    return this.#lost;
  }

  /** Bytes that wait for the reader. */
  get waiting(): number {
    return this.#waitingBytes;
  }

  /** The error code that ended this output for good: only with `onFailure: 'stop'`. */
  get brokenBy(): string | undefined {
    return this.#brokenBy;
  }

  /** Writes now what can be written now. Never throws and never waits. */
  write(text: string | Uint8Array): void {
    const bytes = Buffer.from(text as string);
    if (bytes.length === 0) return;
    const isFull =
      this.#waitingBytes > 0 && this.#waitingBytes + bytes.length > this.#options.mostWaiting;
    if (isFull || this.#brokenBy !== undefined) {
      this.#lose(1);
      return;
    }
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#timer === undefined) this.#writeWaiting();
  }

  /** Tries once more, at once; for a process that is about to exit. */
  tryNow(): void {
    this.#stopTimer();
    if (this.#waiting.length > 0) this.#writeWaiting();
  }

  /** Resolves when nothing waits any more, or `patienceMs` are over. */
  async settled(patienceMs?: number): Promise<void> {
    if (this.#waiting.length === 0) return;
    let patience: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#settled.push(resolve);
      if (patienceMs !== undefined) patience = setTimeout(resolve, patienceMs);
    });
    clearTimeout(patience);
  }

  /** Loses what still waits, so that it does not keep the process alive. */
  abandon(): void {
    this.#lose(this.#waiting.length);
    this.#forgetWaiting();
  }

  #writeWaiting(): void {
    try {
      while (this.#waiting.length > 0) this.#writeFirst();
    } catch (error) {
      this.#failed((error as NodeJS.ErrnoException).code ?? 'EIO');
      return;
    }
    this.#pause = FIRST_PAUSE_MS;
    this.#tellSettled();
    this.#tellRecovered();
  }

  /** The rest of what was written in part stays first: lines are not mixed. */
  #writeFirst(): void {
    const first = this.#waiting[0] as Buffer;
    const written = this.#write(this.#fd, first);
    this.#waitingBytes -= written;
    if (written > 0) this.#pause = FIRST_PAUSE_MS;
    if (written < first.length) this.#waiting[0] = first.subarray(written);
    else this.#waiting.shift();
  }

  #failed(code: string): void {
    if (code === 'EAGAIN') {
      this.#tryAgainIn(this.#pause);
      this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE_MS);
    } else if (this.#options.onFailure === 'stop') {
      this.#brokenBy = code;
      this.abandon();
    } else if (code === 'EPIPE') this.abandon();
    else this.#tryAgainIn(FAILURE_PAUSE_MS);
  }

  #tryAgainIn(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#writeWaiting();
    }, ms);
  }

  #forgetWaiting(): void {
    this.#stopTimer();
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#tellSettled();
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #lose(texts: number): void {
    this.#lost += texts;
    this.#lostUntold += texts;
  }

  #tellSettled(): void {
    for (const tell of this.#settled.splice(0)) tell();
  }

  #tellRecovered(): void {
    const lost = this.#lostUntold;
    if (lost === 0) return;
    this.#lostUntold = 0;
    this.onRecovered(lost);
  }
}
