/** Who ended a request: its own deadline, or the caller's signal. */
export type EndedBy = 'deadline' | 'caller';

/** A signal that aborts after `ms`, or when the caller's does; `release` frees both. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Undefined while neither has happened. */
  endedBy(): EndedBy | undefined;
  release(): void;
}

/**
 * One deadline over everything a request does, its slow body included. Not
 * `AbortSignal.any`: on Node 20 that keeps something alive for each call as
 * long as the caller's signal lives, which is the life of a worker.
 */
export function startDeadline(ms: number, caller: AbortSignal): Deadline {
  const controller = new AbortController();
  let endedBy: EndedBy | undefined;
  const end = (by: EndedBy) => {
    endedBy ??= by;
    controller.abort();
  };
  const onCaller = () => end('caller');
  const timer = setTimeout(() => end('deadline'), ms);
  if (caller.aborted) onCaller();
  else caller.addEventListener('abort', onCaller, { once: true });
  return {
    signal: controller.signal,
    endedBy: () => endedBy,
    release: () => {
      clearTimeout(timer);
      caller.removeEventListener('abort', onCaller);
    },
  };
}
