import { reportStatus, type StatusDocument } from '../app/status.js';
import { EXIT } from '../base/exit-codes.js';
import { type CommandBody, type DefineCommand, example, withApp } from './command.js';
import { forScreen } from './fold.js';
import { Output } from './output.js';
import { statusText } from './status-text.js';

/** `redrain status`: one screen, or the whole document; `--check` judges it. */
export const define: DefineCommand = (command, run) => {
  command
    .description(
      'Show what is in the journal, which targets have it, and what blocks delivery. Changes nothing.',
    )
    .option('--check', 'exit 2 unless everything is in order')
    .addHelpText('after', example('redrain status --check --json'))
    .action(run(status));
};

interface StatusOptions {
  readonly check?: boolean;
}

const status: CommandBody<StatusOptions> = (call) =>
  withApp(call, async (app) => {
    const report = await reportStatus(app);
    const { document } = report;
    new Output(call.globals).result(document, () => forScreen(statusText(report), indentOf));
    if (call.options.check === true) return document.exit_code;
    return isReadable(document) ? EXIT.done : EXIT.internal;
  });

/** Under the value of a fact, or under the words of a finding. */
const indentOf = (line: string): number => (/^\S*(problem|note)\S*:/.test(line) ? 9 : 18);

function isReadable(status: StatusDocument): boolean {
  return !('error' in status.event_journal);
}
