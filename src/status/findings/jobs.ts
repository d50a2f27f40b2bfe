import type { Facts } from '../facts.js';
import { type Finding, problem, type Work, warning } from '../finding.js';
import type { QueueRow } from '../jobs-section.js';
import { counted } from './cause-text.js';

/** Queues that stand still, and what became of their jobs. */
export function jobFindings({ jobs }: Facts): Finding[] {
  if ('error' in jobs) {
    const advice = 'put a backup of jobs.db in place, or remove it: workers find their work again';
    return [problem('jobs', jobs.error, { advice }, { stops: EVERYBODY })];
  }
  return jobs.queues.flatMap((row) =>
    [paused, unserved, failed, warned].flatMap((look) => look(row)),
  );
}

const EVERYBODY: readonly Work[] = ['capture', 'dispatch', 'migrate', 'gc'];

function paused({ queue, paused, waiting, delayed }: QueueRow): Finding[] {
  const count = waiting + delayed;
  if (!paused || count === 0) return [];
  const message = `queue ${queue} is paused, and ${counted(count, 'job')} ${waits(count)} in it`;
  const more = { queue, count, stops: [workOf(queue)] };
  return [problem('paused', message, `redrain jobs resume ${queue}`, more)];
}

function unserved({ queue, served, paused, waiting: count, waiting_since }: QueueRow): Finding[] {
  if (served || paused || count === 0) return [];
  const since = waiting_since === null ? '' : ` since ${waiting_since}`;
  const message = `${counted(count, 'job')} ${waits(count)} in queue ${queue}${since}, and no worker serves it`;
  return [problem('unserved', message, workerCommand(queue), { queue, count })];
}

const waits = (count: number): string => (count === 1 ? 'waits' : 'wait');

function failed({ queue, failed: count, last_trouble }: QueueRow): Finding[] {
  if (count === 0) return [];
  const message = `${counted(count, 'job')} failed in queue ${queue}${because(last_trouble)}`;
  const command = `redrain jobs retry --failed --queue ${queue}`;
  return [problem('failed_jobs', message, command, { queue, count })];
}

function warned({ queue, warned: count, last_trouble }: QueueRow): Finding[] {
  if (count === 0) return [];
  const message = `${counted(count, 'job')} of queue ${queue} completed with a warning${because(last_trouble)}`;
  const advice = `redrain jobs list --queue ${queue} shows them; redrain jobs remove ID takes note of one`;
  return [warning('warned_jobs', message, { advice }, { queue, count })];
}

const because = (reason: string | null): string => (reason === null ? '' : ` · "${reason}"`);

/** Queues are named after the worker that serves them; those of one target after it too. */
function workOf(queue: string): Work {
  const name = queue.split(':')[0] ?? queue;
  return EVERYBODY.find((work) => work === name) ?? 'dispatch';
}

function workerCommand(queue: string): string {
  const [, target] = queue.split(':');
  const run = `npm run worker:${workOf(queue)}`;
  return target === undefined ? run : `${run} -- --target ${target}`;
}
