import type { App } from '../app/app.js';
import { reportStatus, type StatusDocument, type StatusReport } from '../app/status.js';
import { topTargets } from '../app/top.js';
import { EXIT } from '../base/exit-codes.js';
import { type CommandBody, type DefineCommand, example, withApp } from './command.js';
import { UsageError } from './failure.js';
import { forScreen } from './fold.js';
import { Output } from './output.js';
import { statusText } from './status-text.js';

/** `redrain status`: one screen, or the whole document; `--check` judges it, `--watch` stays. */
export const define: DefineCommand = (command, run) => {
  command
    .description(
      'Show what is in the journal, which targets have it, and what blocks delivery. Changes nothing.',
    )
    .option('--check', 'exit 2 unless everything is in order')
    .option('--watch', 'show it again after each change, until q or Ctrl-C')
    .addHelpText('after', example('redrain status --check --json'))
    .action(run(status));
};

interface StatusOptions {
  readonly check?: boolean;
  readonly watch?: boolean;
}

const status: CommandBody<StatusOptions> = (call) =>
  withApp(call, async (app) => {
    const { check, watch } = call.options;
    const output = new Output(call.globals);
    if (watch === true) {
      if (check === true)
        throw new UsageError('--check judges once, --watch goes on: use one of them');
      const { watchStatus } = await import('./status-watch.js');
      return watchStatus(app, output, textOf(app));
    }
    const report = await reportStatus(app);
    const { document } = report;
    output.result(document, () => textOf(app)(report));
    if (check === true) return document.exit_code;
    return isReadable(document) ? EXIT.done : EXIT.internal;
  });

const textOf =
  (app: App) =>
  (report: StatusReport): string =>
    forScreen(statusText(report, topTargets(app, report)), indentOf);

/** Under the value of a fact, or under the words of a finding. */
const indentOf = (line: string): number =>
  (/^\S*(problem|warning|note)\S*: /.exec(line)?.[1]?.length ?? 16) + 2;

function isReadable(status: StatusDocument): boolean {
  return !('error' in status.event_journal);
}
