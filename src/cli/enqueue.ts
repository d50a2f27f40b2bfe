import type { App } from '../app/app.js';
import { enqueue, namedDrain, withQueues } from '../app/jobs/enqueue.js';
import type { JobData, JobKind } from '../app/jobs/job-kinds.js';
import { EXIT } from '../base/exit-codes.js';
import type { Candidate } from '../journal/input/candidate.js';
import { readEvents } from '../journal/input/read-events.js';
import { findSources, type InputSource } from '../journal/input/sources.js';
import type { Job, JobOptions } from '../queue/job.js';
import type { Queues } from '../queue/ports.js';
import {
  type CommandBody,
  type CommandCall,
  type DefineCommand,
  example,
  withApp,
} from './command.js';
import { DATA_OF, GIVEN, given, type JobOptionsGiven, KINDS } from './job-kinds.js';
import { wholeNumber } from './option-values.js';
import { Output } from './output.js';
import { durationOf } from './times.js';

const ONCE_A_JOB =
  'Events without an id are stored once by each job: enqueue the same file again, and they are new ones.';

/** `redrain enqueue KIND`: adds a job for a worker. */
export const define: DefineCommand = (enqueue, run) => {
  enqueue
    .description('Add one job for a worker and return. `redrain jobs` shows its result.')
    .addHelpText('after', example('redrain enqueue capture logs/*.jsonl'));
  for (const kind of Object.keys(KINDS) as JobKind[])
    KINDS[kind](enqueue.command(kind))
      .option('--delay <duration>', 'not before this time has passed: 30s, 10m, 1h')
      .option('--priority <n>', 'the lowest number goes first', wholeNumber)
      .option('--attempts <n>', 'how often it is tried at most', wholeNumber)
      .option('--job-id <id>', 'id of the job: adding it twice adds one job')
      .addHelpText('after', example(`redrain enqueue ${kind}${GIVEN[kind]} --delay 10m`))
      .action(run(enqueueKind(kind)));
};

interface EnqueueOptions extends JobOptionsGiven {
  readonly delay?: string;
  readonly priority?: number;
  readonly attempts?: number;
  readonly jobId?: string;
}

type Call = CommandCall<EnqueueOptions>;

function enqueueKind(kind: JobKind): CommandBody<EnqueueOptions> {
  return (call) =>
    withApp(call, (app) =>
      withQueues(app, async (queues) => {
        const output = new Output(call.globals);
        const added = new Added(queues, optionsOf(call));
        const problems = await addJobs(app, added, kind, call, output);
        const jobs = added.jobs.map(({ id, queue, name, state }) => ({ id, queue, name, state }));
        output.result({ jobs, problems }, () =>
          jobs.map(({ id, queue, state }) => `job ${id} in queue ${queue}: ${state}`).join('\n'),
        );
        if (kind === 'capture' && call.args.some((file) => file !== '-')) output.note(ONCE_A_JOB);
        return problems > 0 ? EXIT.badInput : EXIT.done;
      }),
    );
}

class Added {
  readonly jobs: Job[] = [];
  readonly queues: Queues;
  readonly #options: JobOptions;

  constructor(queues: Queues, options: JobOptions) {
    this.queues = queues;
    this.#options = options;
  }

  async add<K extends JobKind>(kind: K, data: JobData<K>, queue?: string): Promise<void> {
    this.jobs.push(await enqueue(this.queues, kind, data, this.#options, queue));
  }
}

/** Returns how many inputs were not usable events. */
async function addJobs(
  app: App,
  added: Added,
  kind: JobKind,
  call: Call,
  output: Output,
): Promise<number> {
  if (kind === 'capture') return addCaptures(app, added, call, output);
  const { target } = call.options;
  if (kind === 'dispatch' && target !== undefined) {
    const { data, queue } = await namedDrain(app, added.queues, target);
    await added.add(kind, data, queue);
  } else await added.add(kind, DATA_OF[kind](call));
  return 0;
}

/** Files are named by the job, one job each; what comes from stdin travels within. */
async function addCaptures(app: App, added: Added, call: Call, output: Output): Promise<number> {
  const { sources, missing } = await findSources(call.args, () => process.stdin);
  let problems = missing.length;
  for (const { message } of missing) output.warn(message);
  for (const source of sources) {
    const data = DATA_OF.capture({ ...call, args: [source.name] });
    if (source.name === 'stdin') problems += await addFromStdin(app, added, data, source, output);
    else await added.add('capture', data);
  }
  return problems;
}

async function addFromStdin(
  app: App,
  added: Added,
  data: JobData<'capture'>,
  source: InputSource,
  output: Output,
): Promise<number> {
  const { maxEventBytes } = (await app.situation()).settings.capture;
  let problems = 0;
  for await (const batch of readEvents(source.open(), source.name, { maxEventBytes })) {
    const read = batch.map(textOf);
    const events = read.flatMap((one) => ('text' in one ? [one.text] : []));
    const bad = read.flatMap((one) => ('problem' in one ? [one.problem] : []));
    for (const problem of bad) output.warn(problem);
    problems += bad.length;
    if (events.length > 0) await added.add('capture', { ...data, files: [], events });
  }
  return problems;
}

/** A job carries text: bytes that it would not give back exactly are refused. */
function textOf(candidate: Candidate): { text: string } | { problem: string } {
  const { line } = candidate;
  if (candidate.kind === 'problem') return { problem: `stdin:${line}: ${candidate.problem}` };
  const text = candidate.bytes.toString();
  if (Buffer.from(text).equals(candidate.bytes)) return { text };
  return { problem: `stdin:${line}: it is not valid UTF-8` };
}

function optionsOf({ options }: Call): JobOptions {
  const { delay } = options;
  return {
    ...given(options, ['priority', 'attempts', 'jobId']),
    ...(delay === undefined ? {} : { delay: durationOf('--delay', delay) }),
  };
}
