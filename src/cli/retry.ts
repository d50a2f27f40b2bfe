import { type RetryReport, retryEvents } from '../app/retry.js';
import { EXIT } from '../base/exit-codes.js';
import type { CommandBody } from './command.js';
import { type EventOptions, isNarrowed, selectionOf } from './event-options.js';
import { UsageError } from './failure.js';
import { withApp } from './open-app.js';
import { Output } from './output.js';
import { requeueLines } from './requeue-text.js';

interface Options extends EventOptions {
  readonly target?: string;
  readonly all?: boolean;
  readonly dryRun?: boolean;
}

/** `redrain retry`: what failed or was rejected may be tried again at once. */
export const run: CommandBody = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const options = call.options as Options;
    const { target, dryRun } = options;
    if (target === undefined && options.all !== true && !isNarrowed(options))
      throw new UsageError('name what to try again: --event ID, --target ID, or --all');
    const report = await retryEvents(app, { ...selectionOf(options), target, dryRun });
    output.result(report, () => tell(report));
    return EXIT.done;
  });

function tell(report: RetryReport): string {
  const lines = report.targets
    .filter(({ selected, in_flight, not_live }) => selected + in_flight > 0 || hasAny(not_live))
    .flatMap((target) => requeueLines(target, report.dry_run, 'make due'));
  if (lines.length === 0) return 'Nothing has failed: there is nothing to try again.';
  if (!report.dry_run && report.selected > 0) lines.push('`redrain now` sends them.');
  return lines.join('\n');
}

const hasAny = (counts: Readonly<Record<string, number>>): boolean =>
  Object.keys(counts).length > 0;
