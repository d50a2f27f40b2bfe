import type { Command } from 'commander';
import { storageAddress } from '../app/storage/choose.js';
import { cancelImport, type ImportReport, importJournal } from '../app/storage/import-journal.js';
import { EXIT } from '../base/exit-codes.js';
import { type CommandBody, example, type RunCommand, withApp } from './command.js';
import { UsageError } from './failure.js';
import { withJobControl } from './job-control.js';
import { count, Output } from './output.js';

/** `redrain storage import`: the journal of this home, a file, becomes one in PostgreSQL. */
export function declareImport(storage: Command, run: RunCommand): void {
  storage
    .command('import')
    .description(
      'Move the journal of this home, a file, into an empty PostgreSQL storage: every event, delivery, counter and record, with the same numbers, so that nothing is delivered again. Stop workers first; captures may go on, in the spool. Killed at any moment, the next run goes on. The file stays, and says where its journal went.',
    )
    .argument('[url]', 'where to; default: REDRAIN_STORAGE_URL, else storage.url')
    .option('--cancel', 'undo an unfinished move: everything is as it was before')
    .addHelpText(
      'after',
      example(`redrain storage import 'postgres://owner:\${PGPASSWORD}@db.internal/events'`),
    )
    .action(run(importFile));
}

interface ImportOptions {
  readonly cancel?: boolean;
}

const importFile: CommandBody<ImportOptions> = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const address = call.args[0] ?? (await storageAddress(app));
    if (address === undefined)
      throw new UsageError('name where to: redrain storage import postgres://HOST/DATABASE');
    if (call.options.cancel === true) {
      const report = await cancelImport(app, address);
      output.result(report, () =>
        [
          `${report.source}: the move was undone; everything is here as it was.`,
          ...(report.left === null ? [] : [`What was copied is still in the ${report.left}.`]),
        ].join('\n'),
      );
      return EXIT.done;
    }
    return withJobControl(output, 'rows copied', async (control, interrupt) => {
      const report = await importJournal(app, address, control);
      output.result(report, () => tell(report));
      return interrupt.exitCode() ?? EXIT.done;
    });
  });

function tell({ state, source, destination, tables, verdict, spooled }: ImportReport): string {
  if (state === 'interrupted')
    return 'Interrupted. Until it is finished captures go to the spool: run it again, or with --cancel to undo it.';
  const taken = spooled === 0 ? [] : [`Taken in from the spool: ${count(spooled, 'event')}.`];
  const next = `Name the new place now, or captures go to the spool: \`redrain config set storage.url URL\`, or REDRAIN_STORAGE_URL.`;
  if (state === 'moved before')
    return [`${source} was moved to the ${destination} before.`, ...taken, next].join('\n');
  const rows = Object.values(tables).reduce((sum, one) => sum + one, 0);
  return [
    `Moved ${source} to the ${destination}.`,
    ...(rows === 0
      ? []
      : [
          `${count(tables.event ?? 0, 'event')}, ${count(tables.delivery ?? 0, 'delivery')}, ${count(tables.target ?? 0, 'target')}; ${count(rows, 'row')} in all, each compared.`,
        ]),
    ...(verdict === null ? [] : [verdict]),
    ...taken,
    next,
  ].join('\n');
}
