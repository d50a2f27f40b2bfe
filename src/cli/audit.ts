import { auditedInSpool, readAudit, replayAudit } from '../app/audit.js';
import { EXIT } from '../base/exit-codes.js';
import type { AuditRow } from '../journal/audit-log.js';
import { type CommandBody, type DefineCommand, example, withApp } from './command.js';
import { UsageError } from './failure.js';
import { addOutput, showList } from './list.js';
import { wholeNumber } from './option-values.js';
import { count, Output } from './output.js';
import type { Column } from './table.js';

/** `redrain audit`: what OPT_OUT was not allowed to discard. */
export const define: DefineCommand = (audit, run) => {
  audit
    .description('The audit log: refused discards, and events that are kept only here.')
    .addHelpText('after', example('redrain audit list --limit 20'));
  addOutput(audit.command('list', { isDefault: true }))
    .description('List the newest entries. Changes nothing.')
    .option('--limit <n>', 'at most this many', wholeNumber)
    .addHelpText('after', example('redrain audit list --limit 20'))
    .action(run(list));
  audit
    .command('replay')
    .description('Capture events that only the audit log holds.')
    .argument('[ids...]', 'numbers of entries')
    .option('--all', 'every event the log holds')
    .addHelpText('after', example('redrain audit replay --all'))
    .action(run(replay));
};

const COLUMNS: readonly Column<AuditRow>[] = [
  { key: 'id', heading: 'ID', value: (row) => row.id },
  { key: 'at', heading: 'AT', value: (row) => row.at, isTime: true },
  { key: 'action', heading: 'ACTION', value: (row) => row.action },
  {
    key: 'event_id',
    heading: 'EVENT',
    value: (row) => row.event_id,
    shrink: { how: 'middle', least: 12, isLast: true },
  },
  {
    key: 'event_type',
    heading: 'TYPE',
    value: (row) => row.event_type,
    shrink: { how: 'end', least: 10 },
    isOptional: true,
  },
  {
    key: 'reason',
    heading: 'REASON',
    value: (row) => row.reason,
    shrink: { how: 'fold', least: 16 },
  },
];

const DEFAULT_LIMIT = 100;

/** `redrain audit list`. */
const list: CommandBody<{ readonly limit?: number }> = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const { limit = DEFAULT_LIMIT } = call.options;
    const entries = await readAudit(app, limit);
    const waiting = auditedInSpool(app);
    if (waiting === null) output.warn('the spool cannot be read: what waits there is not listed');
    else if (waiting > 0)
      output.note(
        `${count(waiting, 'event')} in the spool: the log says why each was kept once the journal has them`,
      );
    showList(output, {
      rows: entries,
      columns: COLUMNS,
      document: { entries, spooled: waiting },
      empty: 'Nothing was refused or discarded.',
    });
    return EXIT.done;
  });

/** `redrain audit replay`. */
const replay: CommandBody<{ readonly all?: boolean }> = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    if (call.args.length === 0 && call.options.all !== true)
      throw new UsageError('name the entries to replay, or use --all');
    const ids = call.options.all === true ? 'all' : call.args.map(entryId);
    const counts = await replayAudit(app, ids);
    output.result(
      counts,
      () =>
        `captured ${count(counts.captured, 'event')}, ${count(counts.duplicate, 'duplicate')} already there`,
    );
    return counts.conflict > 0 ? EXIT.conflict : EXIT.done;
  });

function entryId(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new UsageError(`${text} is not the number of an audit entry`);
  return Number(text);
}
