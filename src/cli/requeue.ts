import { replayEvents } from '../app/replay.js';
import type { RequeueReport } from '../app/requeue.js';
import { type RetryReport, retryEvents } from '../app/retry.js';
import { EXIT } from '../base/exit-codes.js';
import { type CommandBody, type DefineCommand, example, withApp } from './command.js';
import { addFilters, type FilterOptions, isNarrowed, selectionOf } from './event-filters.js';
import { UsageError } from './failure.js';
import { count, Output } from './output.js';
import { startProgress } from './progress.js';

/** `redrain retry`. */
export const defineRetry: DefineCommand = (command, run) => {
  command
    .description(
      'Make deliveries that failed for good, were rejected or got no answer due now. `redrain now` sends them.',
    )
    .option('--event <ids...>', 'only these events')
    .option('--target <id|url>', 'only at this target; else at all that are not retired')
    .option('--all', 'everything that failed, at every target');
  addFilters(command)
    .option('--dry-run', 'count them; change nothing')
    .addHelpText('after', example('redrain retry --target 2 && redrain now --target 2'))
    .action(run(retry));
};

/** `redrain replay`. */
export const defineReplay: DefineCommand = (command, run) => {
  command
    .description(
      'Mark delivered events of one target to be delivered again, in a new generation: the earlier success stays in the history. `redrain now` sends them.',
    )
    .option('--target <id|url>', 'the target; else the active one')
    .option('--event <ids...>', 'only these events');
  addFilters(command)
    .option('--dry-run', 'count them; change nothing')
    .addHelpText('after', example('redrain replay --target 2 --since 2026-11-22T10:00:00Z'))
    .action(run(replay));
};

interface RetryOptions extends FilterOptions {
  readonly target?: string;
  readonly all?: boolean;
  readonly dryRun?: boolean;
}

/** `redrain retry`: what failed or was rejected may be tried again at once. */
const retry: CommandBody<RetryOptions> = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const { options } = call;
    const { target, dryRun } = options;
    if (target === undefined && options.all !== true && !isNarrowed(options))
      throw new UsageError('name what to try again: --event ID, --target ID, or --all');
    const report = await retryEvents(app, { ...selectionOf(options), target, dryRun });
    output.result(report, () => retryText(report));
    return EXIT.done;
  });

function retryText(report: RetryReport): string {
  const lines = report.targets
    .filter(({ selected, in_flight, not_live }) => selected + in_flight > 0 || hasAny(not_live))
    .flatMap((target) => requeueLines(target, report.dry_run, 'make due'));
  if (lines.length === 0) return 'Nothing has failed: there is nothing to try again.';
  if (!report.dry_run && report.selected > 0) lines.push('`redrain now` sends them.');
  return lines.join('\n');
}

const hasAny = (counts: Readonly<Record<string, number>>): boolean =>
  Object.keys(counts).length > 0;

interface ReplayOptions extends FilterOptions {
  readonly target?: string;
  readonly dryRun?: boolean;
}

/** `redrain replay`: delivered events go out again, in a new generation. */
const replay: CommandBody<ReplayOptions> = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const { options } = call;
    const { target, dryRun } = options;
    if (target === undefined && !isNarrowed(options))
      throw new UsageError(
        'name what to replay: --target ID, --since TIME, --type NAME or --event ID',
      );
    const progress = startProgress(output, 'marked', undefined);
    try {
      const onProgress = (done: number) => progress.update(done, '');
      const report = await replayEvents(app, {
        ...selectionOf(options),
        target,
        dryRun,
        onProgress,
      });
      progress.stop();
      output.result(report, () => {
        const lines = requeueLines(report, report.dry_run, 'deliver again');
        if (!report.dry_run && report.selected > 0)
          lines.push(`\`redrain now --target ${report.target_id}\` sends them.`);
        return lines.join('\n');
      });
    } finally {
      progress.stop();
    }
    return EXIT.done;
  });

/** What was requeued at one target, one line for each thing to know. */
function requeueLines(report: RequeueReport, dryRun: boolean, verb: string): string[] {
  const { target_id, target_url, selected, in_flight, already_marked, not_live } = report;
  const will = dryRun ? 'would ' : '';
  const lines = [`target ${target_id} ${target_url}: ${will}${verb} ${count(selected, 'event')}`];
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
