import { setTimeout as pause } from 'node:timers/promises';
import type { App } from '../app/app.js';
import { HomeWatch } from '../app/home-watch.js';

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
}

/**
 * Calls `look` now and after each change of the home, by whatever process, until
 * `signal` or until it resolves with false. Between two looks nothing is open but
 * a connection without a transaction: no writer waits for it, and the log of the
 * journal can be cut.
 */
export async function onEachChange(
  app: App,
  { signal, refreshMs = Number.POSITIVE_INFINITY, isAsked = () => false }: Watching,
  look: () => Promise<boolean>,
): Promise<void> {
  const watch = new HomeWatch(app);
  try {
    let seen: string | undefined;
    let lookedAt = Number.NEGATIVE_INFINITY;
    while (!signal.aborted) {
      const version = await watch.version();
      const isOld = performance.now() - lookedAt >= refreshMs;
      let rest = ASK_MS;
      if (version !== seen || isOld || isAsked()) {
        seen = version;
        lookedAt = performance.now();
        if (!(await look())) return;
        rest = Math.max(ASK_MS, (performance.now() - lookedAt) * PART_OF_TIME);
      }
      // It rejects only when it is interrupted, which is asked for next.
      await pause(rest, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    await watch.close();
  }
}
