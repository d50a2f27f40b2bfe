import type { Queues } from '../../queue/ports.js';
import type { JobScheduler, RepeatOptions } from '../../queue/scheduler.js';
import { readData } from './job-data.js';
import { DISPATCH_OPTIONS } from './job-defaults.js';
import { type JobData, type JobKind, KINDS } from './job-kinds.js';
import { DISPATCH_QUEUE } from './queue-names.js';

/** Sets a schedule that makes jobs of a kind. @throws ScheduleError, UnrecoverableError. */
export async function setSchedule<K extends JobKind>(
  queues: Queues,
  id: string,
  repeat: RepeatOptions,
  kind: K,
  data: JobData<K>,
  queue: string = KINDS[kind].queue,
): Promise<JobScheduler> {
  const { name, opts, data: schema } = KINDS[kind];
  readData(schema, data);
  return queues.queue(queue).upsertJobScheduler(id, repeat, { name, data, opts });
}

/** Every schedule of every queue. */
export async function listSchedules(queues: Queues): Promise<JobScheduler[]> {
  const all: JobScheduler[] = [];
  for (const name of await queues.names())
    all.push(...(await queues.queue(name).getJobSchedulers()));
  return all;
}

/** Returns the queues that had one of this id. */
export async function removeSchedule(queues: Queues, id: string): Promise<string[]> {
  const removed: string[] = [];
  for (const name of await queues.names())
    if (await queues.queue(name).removeJobScheduler(id)) removed.push(name);
  return removed;
}

const MINUTE_MS = 60_000;

/**
 * What a home with workers wants: a sweep every minute, and every night a
 * report of what gc and, once a week, archive would do; with `yes` they do it.
 */
export async function setDefaultSchedules(
  queues: Queues,
  { yes, tz }: { readonly yes: boolean; readonly tz: string },
): Promise<JobScheduler[]> {
  const sweep = await queues
    .queue(DISPATCH_QUEUE)
    .upsertJobScheduler(
      'dispatch-sweep',
      { every: MINUTE_MS },
      { name: 'sweep', data: {}, opts: { ...DISPATCH_OPTIONS, attempts: 1, removeOnComplete: 10 } },
    );
  const gc = await setSchedule(queues, 'gc', { pattern: '0 3 * * *', tz }, 'gc', { yes });
  const weekly = { pattern: '0 4 * * 0', tz };
  return [sweep, gc, await setSchedule(queues, 'archive', weekly, 'archive', { yes })];
}
