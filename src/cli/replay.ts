import { replayEvents } from '../app/replay.js';
import { EXIT } from '../base/exit-codes.js';
import type { CommandBody } from './command.js';
import { type EventOptions, isNarrowed, selectionOf } from './event-options.js';
import { UsageError } from './failure.js';
import { withApp } from './open-app.js';
import { Output } from './output.js';
import { startProgress } from './progress.js';
import { requeueLines } from './requeue-text.js';

interface Options extends EventOptions {
  readonly target?: string;
  readonly dryRun?: boolean;
}

/** `redrain replay`: delivered events go out again, in a new generation. */
export const run: CommandBody = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const options = call.options as Options;
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
