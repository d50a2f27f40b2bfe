import { isRedrainError } from '../../base/error.js';
import type { AppendVerdict, EventSource, NewEvent } from '../../journal/new-event.js';

/** What one transaction takes in at most, beside a call that is larger by itself. */
const MOST_EVENTS = 10_000;
const MOST_BYTES = 16 * 1024 * 1024;

interface Call {
  readonly events: readonly NewEvent[];
  readonly source: EventSource;
  readonly resolve: (verdicts: AppendVerdict[]) => void;
  readonly reject: (error: unknown) => void;
}

type Append = (events: readonly NewEvent[], source: EventSource) => Promise<AppendVerdict[]>;

/** Calls that come while a transaction is under way share the next one, and its sync to disk. */
export class GroupCommit {
  readonly #append: Append;
  readonly #waiting: Call[] = [];
  #isRunning = false;

  constructor(append: Append) {
    this.#append = append;
  }

  append(events: readonly NewEvent[], source: EventSource): Promise<AppendVerdict[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ events, source, resolve, reject });
      if (!this.#isRunning) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    // Calls of the same turn of the event loop go together.
    await Promise.resolve();
    while (this.#waiting.length > 0) await this.#commit(this.#take());
    this.#isRunning = false;
  }

  #take(): Call[] {
    const source = this.#waiting[0]?.source;
    let [events, bytes] = [0, 0];
    const end = this.#waiting.findIndex((call, index) => {
      events += call.events.length;
      for (const event of call.events) bytes += event.bytes.length;
      return index > 0 && (call.source !== source || events > MOST_EVENTS || bytes > MOST_BYTES);
    });
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
  }

  /** Where the events of one call cannot be stored, those of the others are. */
  async #commit(calls: readonly Call[]): Promise<void> {
    const [first] = calls;
    if (first === undefined) return;
    try {
      const verdicts = await this.#append(
        calls.length === 1 ? first.events : calls.flatMap(({ events }) => events),
        first.source,
      );
      let from = 0;
      for (const { events, resolve } of calls) {
        resolve(verdicts.slice(from, from + events.length));
        from += events.length;
      }
    } catch (error) {
      if (calls.length === 1 || isRedrainError(error)) for (const call of calls) call.reject(error);
      else for (const call of calls) await this.#commit([call]);
    }
  }
}
