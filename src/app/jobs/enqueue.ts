import type { Job, JobOptions } from '../../queue/job.js';
import type { Queues } from '../../queue/ports.js';
import {
  assertNotRetired,
  type TargetDescription,
  type TargetRecord,
} from '../../targets/registry.js';
import type { App } from '../app.js';
import { activeRow, lookUp } from '../named-target.js';
import { readData } from './job-data.js';
import { type JobData, type JobKind, KINDS } from './job-kinds.js';
import { liveWorkers } from './live-workers.js';
import { openQueues, openQueuesToRead } from './open-queues.js';
import { DISPATCH_QUEUE, dispatchQueueOf } from './queue-names.js';

/** The queues of the home, closed when the work is done. */
export async function withQueues<T>(app: App, work: (queues: Queues) => Promise<T>): Promise<T> {
  const queues = await openQueues(app);
  try {
    return await work(queues);
  } finally {
    await queues.close();
  }
}

/** The same for looking only; undefined when there is no queue yet. Changes nothing. */
export async function readQueues<T>(
  app: App,
  work: (queues: Queues) => Promise<T>,
): Promise<T | undefined> {
  const queues = await openQueuesToRead(app);
  if (queues === undefined) return undefined;
  try {
    return await work(queues);
  } finally {
    await queues.close();
  }
}

/** Adds one job of a kind, with the defaults of its kind. @throws UnrecoverableError for data that make no job. */
export async function enqueue<K extends JobKind>(
  queues: Queues,
  kind: K,
  data: JobData<K>,
  options: JobOptions = {},
  queue: string = KINDS[kind].queue,
): Promise<Job> {
  const { name, opts, data: schema } = KINDS[kind];
  readData(schema, data);
  return queues.queue(queue).add(name, data, { ...opts, ...options });
}

/** One job from a program: opens the queues for it. @throws UnknownTargetNameError, RetiredTargetError. */
export function enqueueJob<K extends JobKind>(
  app: App,
  kind: K,
  data: JobData<K>,
  options: JobOptions = {},
): Promise<Job> {
  return withQueues(app, async (queues) => {
    const { targetId, target } = data as JobData<'dispatch'>;
    const given = target ?? (targetId === undefined ? undefined : String(targetId));
    if (given === undefined) return enqueue(queues, kind, data, options);
    const named = await namedDrain(app, queues, given);
    const job = target === undefined ? data : ({ targetId: named.data.targetId } as JobData<K>);
    return enqueue(queues, kind, job, options, named.queue);
  });
}

/** Of a declared target that nothing was ever sent to. */
async function rowOf(app: App, description: TargetDescription | undefined): Promise<TargetRecord> {
  const { targets } = await app.stores();
  return targets.ensure(description as TargetDescription, app.now());
}

/** Where the drains of a target go that an operator named. */
export interface NamedDrain {
  readonly queue: string;
  readonly data: JobData<'dispatch'>;
}

/**
 * Drains of a named target go to the queue of its own, which a worker with
 * `--target` serves; those of the active one, unless such a worker is at work,
 * to the queue of whatever is active, which both kinds of workers serve. @throws UnknownTargetNameError, RetiredTargetError.
 */
export async function namedDrain(app: App, queues: Queues, given: string): Promise<NamedDrain> {
  return app.reading(async ({ situation, stores }) => {
    const { record, description } = await lookUp(stores?.targets, situation, given);
    const target = record ?? (await rowOf(app, description));
    assertNotRetired(target);
    const data = { targetId: target.id };
    const own = dispatchQueueOf(target.id);
    const live = await liveWorkers(queues, app.now());
    const isServed = live.some((worker) => worker.queues.includes(own));
    const active = await activeRow(stores?.targets, situation);
    return { data, queue: active?.id === target.id && !isServed ? DISPATCH_QUEUE : own };
  });
}
