import { JobsOutOfReachError, type SweepResult, sweepTarget } from './dispatch-sweep.js';
import type { Service } from './service.js';

/** Milliseconds between two looks at the journal: what was captured is delivered within a second. */
const BEAT_MS = 150;
/** Between two looks at a target whose drain is on its way: events may come when it has just ended. */
const FOLLOW_MS = 500;

const WATCH_FAILED = { what: 'the journal cannot be watched' };
const NOT_ADDED = { what: 'work was found, and no drain can be added: the jobs cannot be reached' };

/** The active target, whichever that is. */
type TargetId = number | undefined;

/** What a beat has found: new events, or that anything else was written or configured. */
type News = 'captured' | 'changed' | undefined;

/**
 * Finds work when it comes up: events that any process captured, what another
 * command asks for again, and retries that fall due. Each beat looks at the head
 * and the version of the journal, at the spool and at the time of config.toml,
 * which cost microseconds; a target is looked at only when one of these, or the
 * clock, says that there may be something for it.
 */
export class DueWatch {
  readonly #service: Service;
  readonly #onConfig: () => void;
  /** When to look at a target again, in epoch milliseconds; none: when something was captured. */
  readonly #next = new Map<TargetId, number>();
  readonly #looking = new Set<TargetId>();
  /** At the last beat: one that has joined since may lack everything. */
  #served: ReadonlySet<TargetId> = new Set();
  /** Drains added in a row although nothing was captured since: they did not help. */
  readonly #inVain = new Map<
    TargetId,
    { readonly head: number | undefined; readonly times: number }
  >();
  #timer: NodeJS.Timeout | undefined;
  #beating: Promise<void> | undefined;
  #head: number | undefined;
  /** Of what others have written: `retry`, `replay`, another worker. */
  #others: string | undefined;
  #config: unknown;

  /** `onConfig` is called at the first beat, and when config.toml has changed. */
  constructor(service: Service, onConfig: () => void) {
    this.#service = service;
    this.#onConfig = onConfig;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#beating ??= this.#beat().finally(() => {
        this.#beating = undefined;
      });
    }, BEAT_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#beating;
  }

  async #beat(): Promise<void> {
    const { trouble, targets } = this.#service;
    try {
      const news = await this.#news();
      const now = this.#service.app.now();
      const served = targets.isForActive ? [undefined] : targets.ids;
      for (const id of served)
        if (this.#concerns(news, id) || (this.#next.get(id) ?? Infinity) <= now) this.#look(id);
      this.#served = new Set(served);
      trouble.over(WATCH_FAILED);
    } catch (error) {
      // The sweep goes on, less often.
      trouble.note(WATCH_FAILED, error);
    }
  }

  async #news(): Promise<News> {
    const { app } = this.#service;
    const config = await app.readConfig();
    // At the first beat too: it may have changed since the worker read it.
    const isConfigured = this.#config !== config;
    if (isConfigured) this.#onConfig();
    this.#config = config;
    const stores = await app.stores();
    const [head, others] = [await stores.journal.head(), await stores.versionOfOthers()];
    const isCaptured = head !== this.#head || app.spool.mayHaveFiles();
    const isChanged = others !== this.#others || isConfigured;
    this.#head = head;
    this.#others = others;
    if (isCaptured) return 'captured';
    return isChanged ? 'changed' : undefined;
  }

  /** What others write is no reason to repeat a drain that has just been without success. */
  #concerns(news: News, id: TargetId): boolean {
    if (news === 'captured' || !this.#served.has(id)) return true;
    return news === 'changed' && (this.#inVain.get(id)?.times ?? 0) === 0;
  }

  /** Targets are looked at side by side: none waits for another. */
  #look(id: TargetId): void {
    if (this.#looking.has(id)) {
      // What came meanwhile may have come too late for that look.
      this.#next.set(id, this.#service.app.now());
      return;
    }
    this.#looking.add(id);
    this.#next.delete(id);
    void sweepTarget(this.#service, id, 'watch')
      .then((result) => this.#plan(id, result))
      .catch((error: unknown) => this.#failed(error))
      .finally(() => this.#looking.delete(id));
  }

  /** The sweep looks again. */
  #failed(error: unknown): void {
    const { trouble } = this.#service;
    if (error instanceof JobsOutOfReachError) trouble.note(NOT_ADDED, error.cause);
    else trouble.note(WATCH_FAILED, error);
  }

  #plan(id: TargetId, { did, nextAt }: SweepResult): void {
    const isComing = did === 'added' || did === 'coming';
    if (isComing) this.#service.trouble.over(NOT_ADDED);
    if (did === 'nothing') this.#inVain.delete(id);
    const at = isComing ? this.#service.app.now() + this.#followMs(id, did) : nextAt;
    if (at !== undefined) this.#next.set(id, Math.min(at, this.#next.get(id) ?? Infinity));
  }

  /** Longer each time that a drain leaves all as it was. */
  #followMs(id: TargetId, did: SweepResult['did']): number {
    if (did === 'coming') return FOLLOW_MS;
    const last = this.#inVain.get(id);
    const times = last?.head === this.#head ? (last?.times ?? 0) + 1 : 0;
    this.#inVain.set(id, { head: this.#head, times });
    return Math.min(FOLLOW_MS * 2 ** times, this.#service.options.sweepInterval);
  }
}
