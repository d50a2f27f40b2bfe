import { type Facts, nameOf } from '../facts.js';
import { type Finding, problem, type Work, warning } from '../finding.js';
import type { JobCause, QueueRow } from '../jobs-section.js';
import { counted } from './cause-text.js';

/** Queues that stand still, and what became of their jobs. */
export function jobFindings(facts: Facts): Finding[] {
  const { jobs } = facts;
  if ('error' in jobs) {
    return [problem('jobs', jobs.error, remedyFor(jobs.error), { stops: EVERYBODY })];
  }
  return jobs.queues.flatMap((row) =>
    [paused, unserved, failed, warned, halves].flatMap((look) => look(row, facts)),
  );
}

/** The jobs are in a file of the home, in a database without their tables, or out of reach. */
function remedyFor(error: string): string | { advice: string } {
  if (error.includes('jobs.db')) return { advice: OF_FILE };
  if (error.includes('has no tables of this version')) return 'redrain jobs init';
  return { advice: OF_STORE };
}

const OF_FILE = 'put a backup of jobs.db in place, or remove it: workers find their work again';
const OF_STORE = 'see that its server runs and answers here; workers try again by themselves';

const EVERYBODY: readonly Work[] = ['capture', 'dispatch', 'migrate', 'gc'];

function paused({ queue, paused, waiting, delayed }: QueueRow): Finding[] {
  const count = waiting + delayed;
  if (!paused || count === 0) return [];
  const message = `queue ${queue} is paused, and ${counted(count, 'job')} ${waits(count)} in it`;
  const more = { queue, count, stops: [workOf(queue)] };
  return [problem('paused', message, `redrain jobs resume ${queue}`, more)];
}

function unserved(row: QueueRow, facts: Facts): Finding[] {
  const { queue, served, paused, waiting: count, waiting_since } = row;
  if (served || paused || count === 0) return [];
  const job = counted(count, 'job');
  const how = waiting_since === null ? waits(count) : `${count === 1 ? 'has' : 'have'} waited`;
  const since = waiting_since === null ? '' : ` since ${waiting_since}`;
  const message = `${job} ${how} in queue ${queue}${since}, and no worker serves it`;
  return [problem('unserved', message, workerCommand(queue, facts), { queue, count })];
}

const waits = (count: number): string => (count === 1 ? 'waits' : 'wait');

function failed({ queue, failed: count, failures }: QueueRow): Finding[] {
  if (count === 0) return [];
  const message = `${counted(count, 'job')} failed in queue ${queue}${because(failures)}`;
  const command = `redrain jobs retry --failed --queue ${queue}`;
  return [problem('failed_jobs', message, command, { queue, count })];
}

function warned({ queue, warned: count, warnings }: QueueRow): Finding[] {
  if (count === 0) return [];
  const message = `${counted(count, 'job')} of queue ${queue} completed with a warning${because(warnings)}`;
  const advice = `\`redrain jobs list --queue ${queue}\` shows them; \`redrain jobs remove ID\` takes note of one`;
  return [warning('warned_jobs', message, { advice }, { queue, count })];
}

function because([newest, ...others]: readonly JobCause[]): string {
  if (newest === undefined) return '';
  const more = others.length === 0 ? '' : `, and ${counted(others.length, 'other cause')}`;
  return ` · "${shortened(newest.cause)}"${more}`;
}

const LONGEST = 160;

function shortened(text: string): string {
  const line = text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST - 1)}…`;
}

/** A worker finds them by itself. */
function halves({ queue, halves: what, served }: QueueRow, facts: Facts): Finding[] {
  if (what === null) return [];
  const remedy = served ? null : workerCommand(queue, facts);
  return [warning('halves', `queue ${queue}: ${what}`, remedy, { queue })];
}

/** Queues are named after the worker that serves them; those of one target after it too. */
function workOf(queue: string): Work {
  const name = queue.split(':')[0] ?? queue;
  return EVERYBODY.find((work) => work === name) ?? 'dispatch';
}

function workerCommand(queue: string, facts: Facts): string {
  const [, target] = queue.split(':');
  const run = `redrain worker ${workOf(queue)}`;
  return target === undefined ? run : `${run} --target ${nameOf(facts, Number(target))}`;
}
