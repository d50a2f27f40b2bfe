/** Jobs that carry events or name files of them. */
export const CAPTURE_QUEUE = 'capture';
/** Drains of whatever target is active when the job runs. */
export const DISPATCH_QUEUE = 'dispatch';
export const MIGRATE_QUEUE = 'migrate';
/** Both `gc` and `archive`: they take the same lock. */
export const GC_QUEUE = 'gc';

/**
 * Whether jobs of this queue stay in the home's jobs.db, wherever the others are:
 * those that carry input, or name files of this machine.
 */
export const isLocalQueue = (queue: string): boolean =>
  queue === CAPTURE_QUEUE || queue === MIGRATE_QUEUE;

/**
 * Drains of one named target have a queue of their own: a worker takes only
 * what it was started for, and one target's trouble holds up no other.
 */
export function dispatchQueueOf(targetId: number | undefined): string {
  return targetId === undefined ? DISPATCH_QUEUE : `${DISPATCH_QUEUE}:${targetId}`;
}

/** The target that a queue of drains is for; undefined is the active one, null is no such queue. */
export function targetOfQueue(queue: string): number | undefined | null {
  if (queue === DISPATCH_QUEUE) return undefined;
  const [, id] = /^dispatch:(\d+)$/.exec(queue) ?? [];
  return id === undefined ? null : Number(id);
}
