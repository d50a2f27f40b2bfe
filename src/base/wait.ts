import { setTimeout as delay } from 'node:timers/promises';

/** Resolves after so many milliseconds, or with the signal. */
export type Wait = (ms: number, signal?: AbortSignal) => Promise<unknown>;

/** The timer rejects only when the signal ends it, and then the pause is over. */
export const waited: Wait = (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined);
