import { type DiffReport, diffTargets } from '../app/diff.js';
import { EXIT } from '../base/exit-codes.js';
import { type CommandBody, type DefineCommand, example, withApp } from './command.js';
import { addFilters, type FilterOptions, selectionOf } from './event-filters.js';
import { wholeNumber } from './option-values.js';
import { count, Output } from './output.js';
import { table } from './table.js';

/** `redrain diff A B`: what A has and B has not. */
export const define: DefineCommand = (command, run) => {
  command
    .description('Events delivered to A and not to B, and what they are at B. Changes nothing.')
    .argument('<A>', 'id or address of a target')
    .argument('<B>', 'id or address of another');
  addFilters(command)
    .option('--limit <n>', 'list at most this many (100); all are counted', wholeNumber)
    .addHelpText('after', example('redrain diff 1 2'))
    .action(run(diff));
};

interface DiffOptions extends FilterOptions {
  readonly limit?: number;
}

const diff: CommandBody<DiffOptions> = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const { options } = call;
    const [a = '', b = ''] = call.args;
    const wanted = { ...selectionOf(options), limit: options.limit };
    const report = await diffTargets(app, a, b, wanted);
    output.result(report, () => tell(report));
    return EXIT.done;
  });

function tell({ a, b, count: events, events: named }: DiffReport): string {
  const heading = `${count(events, 'event')} delivered to ${a.target_url} and not to ${b.target_url}`;
  if (events === 0) return heading;
  const rows = named.map((event) => [
    event.event_id,
    event.event_type,
    event.captured_at,
    event.state,
    event.last_error ?? '',
  ]);
  const lines = [heading, table(['EVENT', 'TYPE', 'CAPTURED', 'THERE IT IS', 'BECAUSE'], rows)];
  if (named.length < events) lines.push('… more with --limit');
  return lines.join('\n');
}
