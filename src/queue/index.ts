/**
 * The job queue by itself: BullMQ's vocabulary on an SQLite file, for jobs of
 * your own in a file of your own.
 */
export * from './errors.js';
export type * from './job.js';
export { JOB_STATES } from './job.js';
export { type LitequeOptions, LitequeQueues } from './liteque-queue.js';
export type * from './ports.js';
export { JOB_EVENTS, WithWarning } from './ports.js';
export type * from './scheduler.js';
