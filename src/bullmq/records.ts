import type { Records } from './engine.js';

/** Kinds of records. */
export const WORKER = 'worker';
export const QUEUE = 'queue';
export const STORE = 'store';
export const scheduleOf = (queue: string): string => `schedule ${queue}`;
export const warningOf = (queue: string): string => `warning ${queue}`;

/** A queue holds something from now on, or a worker serves it: it is named among the queues. */
export const noteQueue = (records: Records, queue: string): Promise<void> =>
  records.put(QUEUE, queue, '{}');
