import { type Command, Option } from 'commander';
import { readQueues, withQueues } from '../app/jobs/enqueue.js';
import { initJobs } from '../app/jobs/init-jobs.js';
import { EXIT } from '../base/exit-codes.js';
import { EVERY_QUEUE, UnknownJobError } from '../queue/errors.js';
import { JOB_STATES, type Job, type JobCounts, type JobState } from '../queue/job.js';
import type { JobQueue, Queues } from '../queue/ports.js';
import { color } from './color.js';
import {
  type CommandBody,
  type CommandCall,
  type DefineCommand,
  example,
  withApp,
} from './command.js';
import { UsageError } from './failure.js';
import { addOutput, showList } from './list.js';
import { wholeNumber } from './option-values.js';
import { count, Output, shownTime } from './output.js';
import { type Column, table } from './table.js';

/** `redrain jobs`: jobs of the workers and their results. */
export const define: DefineCommand = (jobs, run) => {
  jobs
    .description('Jobs of all queues. Losing one costs time and never an event.')
    .addHelpText('after', example('redrain jobs list --state failed'));
  addOutput(jobs.command('list', { isDefault: true }))
    .description('List queues with their counts, and their jobs. Changes nothing.')
    .option('--queue <name>', 'of this queue only')
    .addOption(new Option('--state <state>', 'in this state only').choices(JOB_STATES))
    .option('--limit <n>', 'at most this many of each queue', wholeNumber, 20)
    .addHelpText('after', example('redrain jobs list --state failed'))
    .action(run(list));
  onJobs(jobs.command('show <ids...>'), 'Show everything about a job. Changes nothing.').action(
    run(showJobs),
  );
  onJobs(jobs.command('retry [ids...]'), 'Put finished jobs back as if they were new.')
    .option('--failed', 'every failed one')
    .action(run(retry));
  onJobs(jobs.command('remove <ids...>'), 'Remove jobs that are not running.').action(run(remove));
  jobs
    .command('init')
    .description('Create the tables of jobs that are kept in PostgreSQL, or bring them up to date.')
    .addHelpText('after', example('redrain jobs init'))
    .action(run(init));
  for (const [verb, what] of [
    ['pause', 'Stop workers from starting jobs of these queues, until they are resumed.'],
    ['resume', 'Let workers start jobs of these queues again.'],
  ] as const)
    jobs
      .command(verb)
      .description(what)
      .argument('<queues...>', 'names as `redrain jobs list` shows them')
      .addHelpText('after', example(`redrain jobs ${verb} dispatch`))
      .action(run(setPaused(verb === 'pause')));
};

function onJobs(command: Command, description: string): Command {
  return command
    .description(description)
    .option('--queue <name>', 'of this queue only')
    .addHelpText('after', example(`redrain jobs ${command.name()} 42`));
}

interface JobsOptions {
  readonly queue?: string;
  /** Of `list`. */
  readonly state?: JobState;
  /** Of `list`, which has a default. */
  readonly limit: number;
  /** Of `retry`. */
  readonly failed?: boolean;
}

type Call = CommandCall<JobsOptions>;

interface QueueSummary extends JobCounts {
  readonly queue: string;
  readonly paused: boolean;
  /** ISO 8601; null when nothing waits. */
  readonly waiting_since: string | null;
}

/** `redrain jobs list`. */
const list: CommandBody<JobsOptions> = (call) =>
  withApp(call, async (app) => {
    const { state, limit } = call.options;
    const found = await readQueues(app, async (queues) => {
      const chosen = await chosenQueues(queues, call);
      const states = state === undefined ? JOB_STATES : [state];
      const jobs = await Promise.all(chosen.map((one) => one.getJobs(states, 0, limit - 1)));
      return { queues: await Promise.all(chosen.map(summary)), jobs: jobs.flat() };
    });
    const document = found ?? { queues: [], jobs: [] };
    show(new Output(call.globals), document);
    return EXIT.done;
  });

/** `redrain jobs show`. */
const showJobs: CommandBody<JobsOptions> = (call) =>
  withApp(call, async (app) => {
    const jobs = await readQueues(app, (queues) =>
      Promise.all(call.args.map(async (id) => (await findJob(queues, call, id)).job)),
    );
    if (jobs === undefined) throw new UnknownJobError(EVERY_QUEUE, call.args.join(', '));
    const document = { jobs };
    new Output(call.globals).result(document, () => JSON.stringify(jobs, null, 2));
    return EXIT.done;
  });

/** `redrain jobs retry`. */
const retry: CommandBody<JobsOptions> = (call) => {
  const all = call.options.failed === true;
  if (!all && call.args.length === 0)
    throw new UsageError('name the jobs to retry, or use --failed');
  return onEach(call, 'retried', all ? allFailed : namedJobs, (queue, id) => queue.retryJob(id));
};

/** `redrain jobs remove`. */
const remove: CommandBody<JobsOptions> = (call) =>
  onEach(call, 'removed', namedJobs, (queue, id) => queue.remove(id));

/** `redrain jobs init`. */
const init: CommandBody = (call) =>
  withApp(call, async (app) => {
    const { address, made } = await initJobs(app);
    const document = { address, tables: made };
    new Output(call.globals).result(document, () => initText(address, made));
    return EXIT.done;
  });

function initText(address: string | null, made: boolean): string {
  if (address === null) return 'jobs are kept in the home: nothing has to be made';
  return made ? `${address}: its tables are up to date` : `${address}: it needs no tables`;
}

/** `redrain jobs pause` and `resume`. */
function setPaused(paused: boolean): CommandBody {
  return (call) =>
    withApp(call, (app) =>
      withQueues(app, async (queues) => {
        for (const name of call.args)
          await (paused ? queues.queue(name).pause() : queues.queue(name).resume());
        const document = { queues: call.args, paused };
        const text = `${call.args.join(', ')}: ${paused ? 'paused' : 'resumed'}`;
        new Output(call.globals).result(document, () => text);
        return EXIT.done;
      }),
    );
}

interface FoundJob {
  readonly queue: JobQueue;
  readonly job: Job;
}

function onEach(
  call: Call,
  done: 'retried' | 'removed',
  find: (queues: Queues, call: Call) => Promise<FoundJob[]>,
  act: (queue: JobQueue, id: string) => Promise<void>,
): Promise<number> {
  return withApp(call, (app) =>
    withQueues(app, async (queues) => {
      const found = await find(queues, call);
      for (const { queue, job } of found) await act(queue, job.id);
      const jobs = found.map(({ queue, job }) => ({ id: job.id, queue: queue.name }));
      const output = new Output(call.globals);
      output.result({ [done]: jobs }, () => `${done} ${count(jobs.length, 'job')}`);
      return EXIT.done;
    }),
  );
}

function namedJobs(queues: Queues, call: Call): Promise<FoundJob[]> {
  return Promise.all(call.args.map((id) => findJob(queues, call, id)));
}

async function allFailed(queues: Queues, call: Call): Promise<FoundJob[]> {
  const found: FoundJob[] = [];
  for (const queue of await chosenQueues(queues, call))
    for (const job of await queue.getJobs(['failed'])) found.push({ queue, job });
  return found;
}

/** @throws UnknownJobError; UsageError when several queues have one of this id. */
async function findJob(queues: Queues, call: Call, id: string): Promise<FoundJob> {
  const found: FoundJob[] = [];
  for (const queue of await chosenQueues(queues, call)) {
    const job = await queue.getJob(id);
    if (job !== undefined) found.push({ queue, job });
  }
  const [first, second] = found;
  if (first === undefined) throw new UnknownJobError(String(call.options.queue ?? EVERY_QUEUE), id);
  if (second !== undefined)
    throw new UsageError(`several queues have a job ${id}: name one with --queue`);
  return first;
}

async function chosenQueues(queues: Queues, { options }: Call): Promise<JobQueue[]> {
  const { queue } = options;
  const names = queue === undefined ? await queues.names() : [queue];
  return names.map((name) => queues.queue(name));
}

async function summary(queue: JobQueue): Promise<QueueSummary> {
  const since = await queue.waitingSince();
  return {
    queue: queue.name,
    ...(await queue.getJobCounts()),
    paused: await queue.isPaused(),
    waiting_since: since === null ? null : shownTime(since),
  };
}

const QUEUE_COLUMNS: readonly Column<QueueSummary>[] = [
  { key: 'queue', heading: 'QUEUE', value: (row) => row.queue, shrink: { how: 'end', least: 8 } },
  ...JOB_STATES.map((state) => ({
    key: state,
    heading: state.toUpperCase(),
    value: (row: QueueSummary) => row[state],
  })),
  {
    key: 'paused',
    heading: 'PAUSED',
    value: (row) => (row.paused ? 'paused' : null),
    isOptional: true,
  },
];

const timeOf = (job: Job): number => job.finishedOn ?? job.runAt ?? job.timestamp;

const COLUMNS: readonly Column<Job>[] = [
  { key: 'id', heading: 'ID', value: (job) => job.id, shrink: { how: 'end', least: 8 } },
  { key: 'queue', heading: 'QUEUE', value: (job) => job.queue, shrink: { how: 'end', least: 8 } },
  { key: 'name', heading: 'NAME', value: (job) => job.name, shrink: { how: 'end', least: 8 } },
  {
    key: 'state',
    heading: 'STATE',
    value: (job) => job.state,
    paint: ({ state }) => (state === 'failed' ? color.red : undefined),
  },
  { key: 'attempts', heading: 'TRIED', value: (job) => job.attemptsMade },
  { key: 'at', heading: 'AT', value: timeOf, isTime: true },
  {
    key: 'reason',
    heading: 'BECAUSE',
    value: (job) => job.failedReason ?? job.warning?.message ?? null,
    shrink: { how: 'fold', least: 16 },
    isOptional: true,
  },
];

/** The jobs are the list; for people the counts of the queues stand before them. */
function show(output: Output, { queues, jobs }: { queues: QueueSummary[]; jobs: Job[] }): void {
  showList(output, {
    rows: jobs,
    columns: COLUMNS,
    document: { queues, jobs },
    empty: queues.length === 0 ? 'No jobs: `redrain enqueue` adds one.' : 'No jobs here.',
    before: () => (queues.length === 0 ? [] : [table(QUEUE_COLUMNS, queues), '']),
  });
}
