import type { Command } from 'commander';
import { type ReplayReport, replayAtEach } from '../app/replay.js';
import type { RequeueReport } from '../app/requeue.js';
import { type RetryReport, retryEvents } from '../app/retry.js';
import { EXIT } from '../base/exit-codes.js';
import { visible } from '../base/visible.js';
import {
  type CommandBody,
  type CommandCall,
  type DefineCommand,
  example,
  withApp,
} from './command.js';
import { addFilters, type FilterOptions, isNarrowed, selectionOf } from './event-filters.js';
import { UsageError } from './failure.js';
import { count, Output } from './output.js';
import { startProgress } from './progress.js';
import { addTargets, type TargetOptions, targetsGiven } from './target-options.js';

/** `redrain retry`. */
export const defineRetry: DefineCommand = (command, run) => {
  command.description(
    'Make deliveries due now that failed for good, were rejected or got no answer. `redrain now` sends them.',
  );
  addEvents(command);
  addTargets(command, 'else every one that is not retired').option(
    '--all',
    'everything that failed, at every target',
  );
  addFilters(command)
    .option('--cause <text>', 'only what failed for this cause, as `redrain status` words it')
    .option('--dry-run', 'count them; change nothing')
    .addHelpText('after', example('redrain retry 01KXDKC13SPEZK7YDHMV6YKW4H && redrain now'))
    .action(run(retry));
};

/** `redrain replay`. */
export const defineReplay: DefineCommand = (command, run) => {
  command.description(
    'Mark delivered events to be delivered again, in a new generation: the earlier success stays in the history. `redrain now` sends them.',
  );
  addEvents(command);
  addFilters(addTargets(command, 'else the active one'))
    .option('--dry-run', 'count them; change nothing')
    .addHelpText('after', example('redrain replay --target 2 --since 2026-11-22'))
    .action(run(replay));
};

function addEvents(command: Command): void {
  command
    .argument('[event-ids...]', 'only these events')
    .option('--event <event-ids...>', 'the same');
}

interface RequeueOptions extends FilterOptions, TargetOptions {
  readonly dryRun?: boolean;
}

interface RetryOptions extends RequeueOptions {
  readonly all?: boolean;
  readonly cause?: string;
}

/** Ids as arguments and as options are the same. */
const eventsOf = ({ args, options }: CommandCall<FilterOptions>): FilterOptions => {
  const event = [...args, ...(options.event ?? [])];
  return event.length === 0 ? options : { ...options, event };
};

/** `redrain retry`: what failed or was rejected may be tried again at once. */
const retry: CommandBody<RetryOptions> = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const filters = eventsOf(call);
    const target = targetsGiven(call.options);
    const { dryRun, all, cause } = call.options;
    if (cause?.trim() === '')
      throw new UsageError('--cause is empty', {
        advice: 'give a cause that `redrain status` shows',
      });
    if (target.length === 0 && all !== true && cause === undefined && !isNarrowed(filters))
      throw new UsageError('name what to try again: event ids, --target NAME, or --all');
    const report = await retryEvents(app, { ...selectionOf(filters), target, cause, dryRun });
    output.result(report, () => retryText(report, filters, cause));
    return EXIT.done;
  });

function retryText(report: RetryReport, filters: FilterOptions, cause?: string): string {
  const lines = report.targets
    .filter(({ selected, in_flight, not_live }) => selected + in_flight > 0 || hasAny(not_live))
    .flatMap((target) => requeueLines(target, report.dry_run, 'due now'));
  if (lines.length === 0 && cause !== undefined)
    return `Nothing of this failed for the cause "${visible(cause)}". \`redrain targets show NAME\` lists the causes at a target.`;
  if (lines.length === 0)
    return isNarrowed(filters)
      ? 'None of these events failed or was rejected: there is nothing to try again.'
      : 'Nothing has failed: there is nothing to try again.';
  if (!report.dry_run && report.selected > 0) lines.push('`redrain now` sends them.');
  return lines.join('\n');
}

const hasAny = (counts: Readonly<Record<string, number>>): boolean =>
  Object.keys(counts).length > 0;

/** `redrain replay`: delivered events go out again, in a new generation. */
const replay: CommandBody<RequeueOptions> = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const filters = eventsOf(call);
    const targets = targetsGiven(call.options);
    const { dryRun } = call.options;
    if (targets.length === 0 && !isNarrowed(filters))
      throw new UsageError(
        'name what to replay: event ids, --target NAME, --since TIME or --type NAME',
      );
    const progress = startProgress(output, 'marked', undefined);
    try {
      const onProgress = (done: number) => progress.update(done, '');
      const wanted = { ...selectionOf(filters), dryRun, onProgress };
      const reports = await replayAtEach(app, targets, wanted);
      progress.stop();
      output.result(targets.length > 1 ? { targets: reports } : reports[0], () =>
        reports.flatMap(replayLines).join('\n'),
      );
    } finally {
      progress.stop();
    }
    return EXIT.done;
  });

function replayLines(report: ReplayReport): string[] {
  const lines = requeueLines(report, report.dry_run, 'marked for another delivery');
  if (!report.dry_run && report.selected > 0)
    lines.push(`\`redrain now --target ${report.target_name}\` sends them.`);
  return lines;
}

/** What was requeued at one target, one line for each thing to know. */
function requeueLines(report: RequeueReport, dryRun: boolean, state: string): string[] {
  const { target_name, target_url, selected, in_flight, already_marked, not_live } = report;
  const would = dryRun ? 'would be ' : '';
  const lines = [`${target_name} (${target_url}): ${count(selected, 'event')} ${would}${state}`];
  if (already_marked > 0) lines.push(`  ${count(already_marked, 'event')} marked before already`);
  if (in_flight > 0) lines.push(`  ${count(in_flight, 'event')} on the wire: left alone`);
  for (const [name, events] of Object.entries(not_live))
    lines.push(`  ${count(events, 'event')} ${name}: ${WHY[name] ?? 'no longer selected'}`);
  return lines;
}

const WHY: Readonly<Record<string, string>> = {
  archived: '`redrain restore` brings the bytes back first',
  purged: 'the bytes are gone',
  redacted: 'the bytes were erased for good',
  replaced: 'another content took their place',
  coalesced: 'a newer event took their place',
};
