import type { App } from '../app/app.js';
import { HomeWatch } from '../app/home-watch.js';
import { type Wait, waited } from '../base/wait.js';

/** How often the home is asked whether anything changed. */
const ASK_MS = 100;
/** A look takes at most this part of the time, however large the home is. */
const PART_OF_TIME = 5;

export interface Watching {
  /** Ends the watch. */
  readonly signal: AbortSignal;
  /** Look again after this long although nothing changed: shown times grow old. */
  readonly refreshMs?: number;
  /** True where something other than the home asks for another look. */
  readonly isAsked?: () => boolean;
  /** How the pauses pass, and milliseconds of a clock that nobody sets; for tests. */
  readonly wait?: Wait;
  readonly uptime?: () => number;
}

/**
 * Calls `look` now and after each change of the home, by whatever process, until
 * `signal` or until it resolves with false. Between two looks nothing is open but
 * a connection without a transaction: no writer waits for it, and the log of the
 * journal can be cut.
 */
export async function onEachChange(
  app: App,
  watching: Watching,
  look: () => Promise<boolean>,
): Promise<void> {
  const { signal, refreshMs = Number.POSITIVE_INFINITY, isAsked = () => false } = watching;
  const { wait = waited, uptime = () => performance.now() } = watching;
  const watch = new HomeWatch(app);
  try {
    let seen: string | undefined;
    let lookedAt = Number.NEGATIVE_INFINITY;
    while (!signal.aborted) {
      const version = await watch.version();
      const isOld = uptime() - lookedAt >= refreshMs;
      let rest = ASK_MS;
      if (version !== seen || isOld || isAsked()) {
        seen = version;
        lookedAt = uptime();
        if (!(await look())) return;
        rest = Math.max(ASK_MS, (uptime() - lookedAt) * PART_OF_TIME);
      }
      await wait(rest, signal);
    }
  } finally {
    await watch.close();
  }
}
