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
import type { CommandBody, CommandCall } from './command.js';
import { durationOf } from './duration.js';
import { UsageError } from './failure.js';
import { DATA_OF } from './job-data-options.js';
import { withApp } from './open-app.js';
import { count, Output } from './output.js';
import { shownTime } from './shown-time.js';
import { table } from './table.js';

/** `redrain schedule list`. */
export const list: CommandBody = (call) =>
  withApp(call, async (app) => {
    show(call, (await readQueues(app, listSchedules)) ?? []);
    return EXIT.done;
  });

const READ_ON =
  'Each run reads on from where the one before it ended, so that events without an id are stored once. A file that is cut off, or rewritten, is read from its start: its events without an id are then new ones.';

/** `redrain schedule add KIND`. */
export function addKind(name: string): CommandBody {
  return (call) =>
    withApp(call, (app) =>
      withQueues(app, async (queues) => {
        show(call, [await add(app, queues, name as JobKind, call)]);
        if (name === 'capture') new Output(call.globals).note(READ_ON);
        return EXIT.done;
      }),
    );
}

/** `redrain schedule defaults`. */
export const defaults: CommandBody = (call) =>
  withApp(call, (app) =>
    withQueues(app, async (queues) => {
      const { yes = false, tz } = call.options as { yes?: boolean; tz: string };
      show(call, await setDefaultSchedules(queues, { yes, tz }));
      return EXIT.done;
    }),
  );

/** `redrain schedule remove`. */
export const remove: CommandBody = (call) =>
  withApp(call, (app) =>
    withQueues(app, async (queues) => {
      const removed: { id: string; queue: string }[] = [];
      for (const id of call.args) {
        const from = await removeSchedule(queues, id);
        if (from.length === 0)
          throw new UsageError(`there is no schedule ${id}: \`redrain schedule list\` shows them`);
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
  call: CommandCall,
): Promise<JobScheduler> {
  const { id, target } = call.options as { id: string; target?: string };
  const repeat = repeatOf(call);
  if (kind === 'capture' && call.args.length === 0)
    throw new UsageError('name the files or globs that the schedule captures');
  if (kind !== 'dispatch' || target === undefined)
    return setSchedule(queues, id, repeat, kind, DATA_OF[kind](call));
  const { data, queue } = await namedDrain(app, queues, target);
  return setSchedule(queues, id, repeat, kind, data, queue);
}

function repeatOf({ options }: CommandCall): RepeatOptions {
  const { cron, every, tz } = options as { cron?: string; every?: string; tz: string };
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

function show(call: CommandCall, schedules: readonly JobScheduler[]): void {
  const rows = schedules.map(({ id, queue, repeat, template, next, iterationCount }) => [
    id,
    queue,
    template.name,
    whenText(repeat),
    next === null ? 'never' : shownTime(next),
    iterationCount,
    JSON.stringify(template.data ?? {}),
  ]);
  new Output(call.globals).result({ schedules }, () =>
    rows.length === 0
      ? 'No schedules: `redrain schedule defaults` sets those most homes want.'
      : table(['ID', 'QUEUE', 'JOB', 'WHEN', 'NEXT', 'RAN', 'WITH'], rows),
  );
}
