import { Command, Option } from 'commander';
import { JOB_STATES } from '../queue/job.js';
import type { CommandBody, RunCommand } from './command.js';
import { days, example, wholeNumber } from './option-values.js';

/** `enqueue`, `jobs` and `schedule`: work for the workers. */
export function addJobCommands(program: Command, run: RunCommand): void {
  addEnqueue(program, run);
  addJobs(program, run);
  addSchedule(program, run);
}

/** What jobs of each kind can be told, whether they are enqueued or scheduled. */
const KINDS: Readonly<Record<string, (command: Command) => Command>> = {
  capture: (command) =>
    command
      .description('Capture files. They are read when the job runs, by the capture worker.')
      .argument('[files...]', 'files or globs; - or none is stdin, which the job carries along')
      .option('--type <name>', 'event type of those that carry none')
      .option('--id-field <path>', 'where the events keep their id')
      .option('--type-field <path>', 'where the events keep their type')
      .option('--time-field <path>', 'where the events keep their time')
      .option('--audit-discard', 'under OPT_OUT: keep what may not be discarded in the audit log'),
  dispatch: (command) =>
    command
      .description('Drain the target that is active when the job runs, or a named one.')
      .option('--target <id|url>', 'a known target; a worker with the same --target takes the job'),
  migrate: (command) =>
    command
      .description('Take the old queues into the journal.')
      .option('--dry-run', 'count what would be done; change nothing'),
  gc: (command) =>
    keeping(command)
      .description('Purge bytes that every target has. Without --yes the job only reports.')
      .option('--vacuum', 'give the space back to the file system'),
  archive: (command) =>
    keeping(command)
      .description('Move bytes into archives. Without --yes the job only reports.')
      .option('--include-undelivered', 'also events some target lacks'),
};

/** What the examples of each kind tell their job. */
const GIVEN: Readonly<Record<string, string>> = {
  capture: ' "logs/*.jsonl"',
  dispatch: ' --target 2',
  migrate: ' --dry-run',
  gc: ' --keep-days 30',
  archive: ' --keep-days 90',
};

function keeping(command: Command): Command {
  return command
    .option('--keep-days <n>', 'leave what was captured in the last n days', days)
    .option('--yes', 'do it; without this the job only says what it would do');
}

function addEnqueue(program: Command, run: RunCommand): void {
  const enqueue = program
    .command('enqueue')
    .summary('add a job for a worker')
    .description('Add one job for a worker and return. `redrain jobs` shows what became of it.')
    .addHelpText('after', example('redrain enqueue capture logs/*.jsonl'));
  for (const [kind, declare] of Object.entries(KINDS))
    declare(enqueue.command(kind))
      .option('--delay <duration>', 'not before: 30s, 10m, 1h')
      .option('--priority <n>', 'the lowest number goes first', wholeNumber)
      .option('--attempts <n>', 'how often it is tried', wholeNumber)
      .option('--job-id <id>', 'an id of its own: adding it twice adds one job')
      .addHelpText('after', example(`redrain enqueue ${kind}${GIVEN[kind]} --delay 10m`))
      .action(run(body(async () => (await import('./enqueue.js')).enqueueKind(kind))));
}

function addJobs(program: Command, run: RunCommand): void {
  const jobs = program
    .command('jobs')
    .summary('what the workers have to do, and what became of it')
    .description('Jobs of all queues. Losing one costs time and never an event.')
    .addHelpText('after', example('redrain jobs list --state failed'));
  jobs
    .command('list', { isDefault: true })
    .description('Queues with their counts, and their jobs. Changes nothing.')
    .option('--queue <name>', 'of this queue only')
    .addOption(new Option('--state <state>', 'in this state only').choices(JOB_STATES))
    .option('--limit <n>', 'at most so many of each queue', wholeNumber, 20)
    .addHelpText('after', example('redrain jobs list --state failed'))
    .action(run(body(async () => (await import('./jobs.js')).list)));
  onJobs(jobs.command('show'), run, 'show', 'Everything about a job. Changes nothing.');
  onJobs(jobs.command('retry'), run, 'retry', 'Put finished jobs back as if they were new.').option(
    '--failed',
    'every failed one',
  );
  onJobs(jobs.command('remove'), run, 'remove', 'Remove jobs that do not run.');
  for (const [verb, what] of [
    ['pause', 'No worker starts a job of these queues any more, until they are resumed.'],
    ['resume', 'Workers take jobs of these queues again.'],
  ] as const)
    jobs
      .command(verb)
      .description(what)
      .argument('<queues...>', 'names as `redrain jobs list` shows them')
      .addHelpText('after', example(`redrain jobs ${verb} dispatch`))
      .action(run(body(async () => (await import('./jobs.js')).setPaused(verb === 'pause'))));
}

function onJobs(
  command: Command,
  run: RunCommand,
  verb: 'show' | 'retry' | 'remove',
  description: string,
): Command {
  return command
    .description(description)
    .argument(verb === 'retry' ? '[ids...]' : '<ids...>')
    .option('--queue <name>', 'of this queue only')
    .addHelpText('after', example(`redrain jobs ${verb} 42`))
    .action(run(body(async () => (await import('./jobs.js'))[verb])));
}

function addSchedule(program: Command, run: RunCommand): void {
  const schedule = program
    .command('schedule')
    .summary('jobs by the clock')
    .description('Schedules make jobs while a worker of their queue runs; a missed tick runs once.')
    .addHelpText('after', example('redrain schedule list'));
  schedule
    .command('list', { isDefault: true })
    .description('Schedules and their next tick. Changes nothing.')
    .addHelpText('after', example('redrain schedule list --json'))
    .action(run(body(async () => (await import('./schedule.js')).list)));
  schedule
    .command('remove')
    .description('Remove schedules.')
    .argument('<ids...>')
    .addHelpText('after', example('redrain schedule remove gc'))
    .action(run(body(async () => (await import('./schedule.js')).remove)));
  schedule
    .command('defaults')
    .description(
      'Set the schedules most homes want: a dispatch sweep every minute, gc every night, archive every week. Without --yes these two only report.',
    )
    .option('--yes', 'let gc and archive do what they would only report')
    .option('--tz <zone>', 'time zone of the nightly ones', 'UTC')
    .addHelpText('after', example('redrain schedule defaults'))
    .action(run(body(async () => (await import('./schedule.js')).defaults)));
  const add = schedule
    .command('add')
    .description('Set a schedule: `redrain schedule add KIND --id ID --cron PATTERN`.')
    .addHelpText('after', example('redrain schedule add gc --id gc --cron "0 3 * * *" --yes'));
  for (const [kind, declare] of Object.entries(KINDS))
    declare(add.command(kind))
      .requiredOption('--id <id>', 'its name; setting it again replaces it')
      .option('--cron <pattern>', 'five or six fields, as in a crontab')
      .option('--every <duration>', 'in place of --cron: 1m, 6h, 1d')
      .option('--tz <zone>', 'time zone of the pattern', 'UTC')
      .addHelpText(
        'after',
        example(`redrain schedule add ${kind}${GIVEN[kind]} --id nightly --cron "0 3 * * *"`),
      )
      .action(run(body(async () => (await import('./schedule.js')).addKind(kind))));
}

function body(load: () => Promise<CommandBody>): () => Promise<{ run: CommandBody }> {
  return async () => ({ run: await load() });
}
