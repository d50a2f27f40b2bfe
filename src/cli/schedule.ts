import type { App } from '../app/app.js';
import { namedDrain, readQueues, withQueues } from '../app/jobs/enqueue.js';
import type { JobKind } from '../app/jobs/job-kinds.js';
import {
  listSchedules,
  removeSchedule,
  setDefaultSchedules,
  setSchedule,
} from '../app/jobs/schedules.js';
import { EXIT } from '../base/exit-codes.js';
import type { Queues } from '../queue/ports.js';
import type { JobScheduler, RepeatOptions } from '../queue/scheduler.js';
import {
  type CommandBody,
  type CommandCall,
  type DefineCommand,
  example,
  withApp,
} from './command.js';
import { UsageError } from './failure.js';
import { DATA_OF, GIVEN, type JobOptionsGiven, KINDS } from './job-kinds.js';
import { addOutput, showList } from './list.js';
import { count, Output, shownTime } from './output.js';
import type { Column } from './table.js';
import { durationOf } from './times.js';

/** `redrain schedule`: jobs at fixed times. */
export const define: DefineCommand = (schedule, run) => {
  schedule
    .description(
      'Schedules add jobs while a worker of their queue runs. After runs that were missed, one job is added.',
    )
    .addHelpText('after', example('redrain schedule list'));
  addOutput(schedule.command('list', { isDefault: true }))
    .description('List schedules, and when each runs next. Changes nothing.')
    .addHelpText('after', example('redrain schedule list --json'))
    .action(run(list));
  schedule
    .command('remove')
    .description('Remove schedules.')
    .argument('<ids...>')
    .addHelpText('after', example('redrain schedule remove gc'))
    .action(run(remove));
  schedule
    .command('defaults')
    .description(
      'Set the schedules most homes want: a dispatch sweep every minute, gc every night, archive every week. Without --yes these two only report.',
    )
    .option('--yes', 'let gc and archive do what they would only report')
    .option('--tz <zone>', 'time zone of the nightly ones', 'UTC')
    .addHelpText('after', example('redrain schedule defaults'))
    .action(run(defaults));
  const add = schedule
    .command('add')
    .description('Set a schedule: `redrain schedule add KIND --id ID --cron PATTERN`.')
    .addHelpText('after', example('redrain schedule add gc --id gc --cron "0 3 * * *" --yes'));
  for (const kind of Object.keys(KINDS) as JobKind[])
    KINDS[kind](add.command(kind))
      .requiredOption('--id <id>', 'its name; setting it again replaces it')
      .option('--cron <pattern>', 'five or six fields, as in a crontab')
      .option('--every <duration>', 'in place of --cron: 1m, 6h, 1d')
      .option('--tz <zone>', 'time zone of the pattern', 'UTC')
      .addHelpText(
        'after',
        example(`redrain schedule add ${kind}${GIVEN[kind]} --id nightly --cron "0 3 * * *"`),
      )
      .action(run(addKind(kind)));
};

interface ScheduleOptions extends JobOptionsGiven {
  readonly id: string;
  readonly cron?: string;
  readonly every?: string;
  readonly tz: string;
}

/** `redrain schedule list`. */
const list: CommandBody = (call) =>
  withApp(call, async (app) => {
    show(call, (await readQueues(app, listSchedules)) ?? []);
    return EXIT.done;
  });

const READ_ON =
  'Each run reads on from where the one before it ended, so that events without an id are stored once. A file that is cut off, or rewritten, is read from its start: its events without an id are then new ones.';

/** `redrain schedule add KIND`. */
function addKind(kind: JobKind): CommandBody<ScheduleOptions> {
  return (call) =>
    withApp(call, (app) =>
      withQueues(app, async (queues) => {
        show(call, [await add(app, queues, kind, call)]);
        if (kind === 'capture') new Output(call.globals).note(READ_ON);
        return EXIT.done;
      }),
    );
}

/** `redrain schedule defaults`. */
const defaults: CommandBody<{ readonly yes?: boolean; readonly tz: string }> = (call) =>
  withApp(call, (app) =>
    withQueues(app, async (queues) => {
      const { yes = false, tz } = call.options;
      show(call, await setDefaultSchedules(queues, { yes, tz }));
      return EXIT.done;
    }),
  );

/** `redrain schedule remove`. */
const remove: CommandBody = (call) =>
  withApp(call, (app) =>
    withQueues(app, async (queues) => {
      const removed: { id: string; queue: string }[] = [];
      for (const id of call.args) {
        const from = await removeSchedule(queues, id);
        if (from.length === 0)
          throw new UsageError(`there is no schedule ${id}`, {
            advice: '`redrain schedule list` lists all schedules',
          });
        removed.push(...from.map((queue) => ({ id, queue })));
      }
      const text = `removed ${count(removed.length, 'schedule')}`;
      new Output(call.globals).result({ removed }, () => text);
      return EXIT.done;
    }),
  );

async function add(
  app: App,
  queues: Queues,
  kind: JobKind,
  call: CommandCall<ScheduleOptions>,
): Promise<JobScheduler> {
  const { id, target } = call.options;
  const repeat = repeatOf(call);
  if (kind === 'capture' && call.args.length === 0)
    throw new UsageError('name the files or globs that the schedule captures');
  if (kind !== 'dispatch' || target === undefined)
    return setSchedule(queues, id, repeat, kind, DATA_OF[kind](call));
  const { data, queue } = await namedDrain(app, queues, target);
  return setSchedule(queues, id, repeat, kind, data, queue);
}

function repeatOf({ options }: CommandCall<ScheduleOptions>): RepeatOptions {
  const { cron, every, tz } = options;
  if (cron !== undefined && every === undefined) return { pattern: cron, tz };
  if (cron === undefined && every !== undefined)
    return { every: durationOf('--every', every, 1_000) };
  throw new UsageError('say when: either --cron PATTERN or --every DURATION');
}

function whenText(repeat: RepeatOptions): string {
  if ('every' in repeat) return `every ${Number(repeat.every) / 1000} s`;
  if ('pattern' in repeat) return `${repeat.pattern} ${repeat.tz ?? ''}`;
  return `unreadable (${JSON.stringify(repeat)})`;
}

const COLUMNS: readonly Column<JobScheduler>[] = [
  { key: 'id', heading: 'ID', value: ({ id }) => id, shrink: { how: 'end', least: 8 } },
  { key: 'queue', heading: 'QUEUE', value: ({ queue }) => queue, shrink: { how: 'end', least: 8 } },
  { key: 'job', heading: 'JOB', value: ({ template }) => template.name },
  {
    key: 'when',
    heading: 'WHEN',
    value: ({ repeat }) => whenText(repeat),
    shrink: { how: 'fold', least: 10, isLast: true },
  },
  {
    key: 'next',
    heading: 'NEXT',
    value: ({ next }) => (next === null ? 'never' : shownTime(next)),
    isTime: true,
  },
  { key: 'ran', heading: 'RAN', value: ({ iterationCount }) => iterationCount },
  {
    key: 'with',
    heading: 'WITH',
    value: ({ template }) => JSON.stringify(template.data ?? {}),
    shrink: { how: 'fold', least: 16 },
  },
];

function show(call: CommandCall, schedules: readonly JobScheduler[]): void {
  showList(new Output(call.globals), {
    rows: schedules,
    columns: COLUMNS,
    document: { schedules },
    empty: 'No schedules: `redrain schedule defaults` sets those most homes want.',
  });
}
