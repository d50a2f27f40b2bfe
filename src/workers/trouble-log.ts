import type { Logger } from 'pino';

/** How often lasting trouble is named again. */
const AGAIN_MS = 60_000;

interface Trouble {
  since: number;
  loggedAt: number;
  lastAt: number;
  times: number;
}

/** Which trouble it is: the message, and fields that tell it from others with the same message. */
export interface TroubleKind {
  readonly what: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

/**
 * Trouble that may last (a full disk, a locked file) in the log: when it
 * begins, then once a minute with the number of times, and when it is over.
 */
export class TroubleLog {
  readonly #log: Logger;
  readonly #clock: () => number;
  readonly #open = new Map<string, Map<string, Trouble>>();

  /** `clock` counts milliseconds and never goes back. */
  constructor(log: Logger, clock: () => number = () => performance.now()) {
    this.#log = log;
    this.#clock = clock;
  }

  /** Something did not work; another try will follow. */
  note(kind: TroubleKind, error: unknown): void {
    const now = this.#clock();
    const { trouble, isNew } = this.#troubleOf(keyOf(kind), codeOf(error), now);
    trouble.times += 1;
    trouble.lastAt = now;
    if (!isNew && now - trouble.loggedAt < AGAIN_MS) return;
    trouble.loggedAt = now;
    this.#log.error({ ...kind.fields, ...shown(error, isNew, trouble, now) }, kind.what);
  }

  /** It works: the end of its trouble is logged, where there was any. */
  over(kind: TroubleKind): void {
    const key = keyOf(kind);
    const ended = this.#open.get(key);
    if (ended === undefined) return;
    this.#open.delete(key);
    const times = [...ended.values()].reduce((sum, one) => sum + one.times, 0);
    const since = Math.min(...[...ended.values()].map((one) => one.since));
    const lasted_ms = Math.round(this.#clock() - since);
    this.#log.info({ ...kind.fields, times, lasted_ms }, `over: ${kind.what}`);
  }

  /** Another error code is another trouble. One that was silent for two minutes is a new one. */
  #troubleOf(key: string, code: string, now: number): { trouble: Trouble; isNew: boolean } {
    const kinds = this.#open.get(key) ?? new Map<string, Trouble>();
    this.#open.set(key, kinds);
    const known = kinds.get(code);
    if (known !== undefined && now - known.lastAt < 2 * AGAIN_MS)
      return { trouble: known, isNew: false };
    const trouble = { since: now, loggedAt: now, lastAt: now, times: 0 };
    kinds.set(code, trouble);
    return { trouble, isNew: true };
  }
}

function keyOf({ what, fields = {} }: TroubleKind): string {
  return JSON.stringify([what, fields]);
}

function codeOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return String(code ?? name ?? 'Error');
}

/** The stack is in the first line only: it does not change. */
function shown(error: unknown, isNew: boolean, { times, since }: Trouble, now: number) {
  if (isNew) return { err: error };
  const { message } = error as Error;
  return { error: message, times, lasted_ms: Math.round(now - since) };
}
