import { type Command, Option } from 'commander';
import { EVENT_STATES } from '../reports/event-list.js';
import type { RunCommand } from './command.js';
import { example, wholeNumber } from './option-values.js';

/** What is wrong with a home. */
export function addDoctor(program: Command, run: RunCommand): void {
  program
    .command('doctor')
    .summary('what is wrong and what fixes it')
    .description(
      'Look at everything a drain rests on: files, configuration, login, the target itself, old queues, spool, leases, clock, disk. Ends with 2 when something is wrong. Changes nothing.',
    )
    .addHelpText('after', example('redrain doctor'))
    .action(run(() => import('./doctor.js')));
}

/** `events`, `retry`, `replay`, `diff`: they name events in the same words. */
export function addEventCommands(program: Command, run: RunCommand): void {
  addEvents(program, run);
  addRetry(program, run);
  addReplay(program, run);
  addDiff(program, run);
}

function addEvents(program: Command, run: RunCommand): void {
  const command = program
    .command('events')
    .summary('list or export events')
    .description(
      'List the newest events that match, or export all of them as JSON Lines, their bytes unchanged. Changes nothing.',
    )
    .addOption(new Option('--state <state>', 'what they are at the target').choices(EVENT_STATES))
    .option('--target <id|url>', 'the target whose state it is; else the active one');
  addFilters(command)
    .option('--limit <n>', 'at most so many (a list: 50, an export: all)', wholeNumber)
    .option(
      '--export',
      'one line for each event, oldest first; bytes that hold line breaks come in base64',
    )
    .addHelpText('after', example('redrain events --state rejected --since 2h'))
    .action(run(() => import('./events.js')));
}

function addRetry(program: Command, run: RunCommand): void {
  const command = program
    .command('retry')
    .summary('try again what failed or was rejected')
    .description(
      'Make deliveries that failed for good, were rejected or got no answer due now. `redrain now` sends them.',
    )
    .option('--event <ids...>', 'only these events')
    .option('--target <id|url>', 'only at this target; else at all that are not retired')
    .option('--all', 'everything that failed, at every target');
  addFilters(command)
    .option('--dry-run', 'count them; change nothing')
    .addHelpText('after', example('redrain retry --target 2 && redrain now --target 2'))
    .action(run(() => import('./retry.js')));
}

function addReplay(program: Command, run: RunCommand): void {
  const command = program
    .command('replay')
    .summary('deliver again what was delivered')
    .description(
      'Mark delivered events of one target to be delivered again, in a new generation: the earlier success stays in the history. `redrain now` sends them.',
    )
    .option('--target <id|url>', 'the target; else the active one')
    .option('--event <ids...>', 'only these events');
  addFilters(command)
    .option('--dry-run', 'count them; change nothing')
    .addHelpText('after', example('redrain replay --target 2 --since 2026-11-22T10:00:00Z'))
    .action(run(() => import('./replay.js')));
}

function addDiff(program: Command, run: RunCommand): void {
  const command = program
    .command('diff')
    .summary('what one target has and another has not')
    .description('Events delivered to A and not to B, and what they are at B. Changes nothing.')
    .argument('<A>', 'id or address of a target')
    .argument('<B>', 'id or address of another');
  addFilters(command)
    .option('--limit <n>', 'name at most so many (100); all are counted', wholeNumber)
    .addHelpText('after', example('redrain diff 1 2'))
    .action(run(() => import('./diff.js')));
}

function addFilters(command: Command): Command {
  return command
    .option('--type <name>', 'only this event type')
    .option('--project <uuid>', 'only this project; `none` for events without one')
    .option('--since <time>', 'captured since: 2026-11-22T10:00:00Z, or 2h for 2 hours ago')
    .option('--until <time>', 'captured before');
}
