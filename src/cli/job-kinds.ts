import path from 'node:path';
import type { Command } from 'commander';
import type { JobData, JobKind } from '../app/jobs/job-kinds.js';
import { checkoutOf } from '../policy/checkout-of.js';
import type { CommandCall } from './command.js';
import { days } from './option-values.js';

/** What jobs of each kind can be told, whether they are enqueued or scheduled. */
export const KINDS: Readonly<Record<JobKind, (command: Command) => Command>> = {
  capture: (command) =>
    command
      .description('Capture files. They are read when the job runs, by the capture worker.')
      .argument('[files...]', 'files or globs; - or none is stdin, which the job carries along')
      .option('--type <type>', 'event type of those that carry none')
      .option('--id-field <path>', 'where the events keep their id')
      .option('--type-field <path>', 'where the events keep their type')
      .option('--time-field <path>', 'where the events keep their time')
      .option(
        '--audit-discard',
        'in the mode discard: keep what may not be discarded in the audit log',
      ),
  dispatch: (command) =>
    command
      .description('Drain the target that is active when the job runs, or a named one.')
      .option('--target <target>', 'a known target; a worker with the same --target takes the job'),
  migrate: (command) =>
    command
      .description('Import queue files of an earlier program into the journal.')
      .option('--dry-run', 'count what would be done; change nothing'),
  gc: (command) =>
    keeping(command)
      .description(
        'Delete payload bytes that every target has. Without --yes the job only reports.',
      )
      .option('--vacuum', 'return free space to the file system'),
  archive: (command) =>
    keeping(command)
      .description('Move bytes into archives. Without --yes the job only reports.')
      .option('--include-undelivered', 'also events that some target lacks'),
};

/** What the examples of each kind tell their job. */
export const GIVEN: Readonly<Record<JobKind, string>> = {
  capture: ' "logs/*.jsonl"',
  dispatch: ' --target 2',
  migrate: ' --dry-run',
  gc: ' --keep-days 30',
  archive: ' --keep-days 90',
};

function keeping(command: Command): Command {
  return command
    .option('--keep-days <n>', 'leave what was captured in the last n days', days)
    .option('--yes', 'do it; without this the job only reports what it would do');
}

/** The options of all kinds. */
export interface JobOptionsGiven {
  readonly type?: string;
  readonly idField?: string;
  readonly typeField?: string;
  readonly timeField?: string;
  readonly auditDiscard?: boolean;
  readonly target?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly keepDays?: number;
  readonly vacuum?: boolean;
  readonly includeUndelivered?: boolean;
}

/** What the command line says of a job, as the job carries it. */
export const DATA_OF: {
  readonly [K in JobKind]: (call: CommandCall<JobOptionsGiven>) => JobData<K>;
} = {
  capture: ({ args, options }) => ({
    files: args.map((file) => path.resolve(file)),
    checkout: checkoutOf(process.cwd()),
    auditDiscard: options.auditDiscard === true,
    rules: given(options, ['type', 'idField', 'typeField', 'timeField']),
  }),
  dispatch: () => ({}),
  migrate: ({ options }) => given(options, ['dryRun']),
  gc: ({ options }) => given(options, ['yes', 'keepDays', 'vacuum']),
  archive: ({ options }) => given(options, ['yes', 'keepDays', 'includeUndelivered']),
};

/** Only what was given: defaults belong to the job's kind. */
export function given<O extends object, K extends keyof O>(
  options: O,
  names: readonly K[],
): Pick<O, K> {
  const there = names.filter((name) => options[name] !== undefined);
  return Object.fromEntries(there.map((name) => [name, options[name]])) as Pick<O, K>;
}
