import { type DiffReport, diffTargets } from '../app/diff.js';
import { EXIT } from '../base/exit-codes.js';
import type { CommandBody } from './command.js';
import { type EventOptions, selectionOf } from './event-options.js';
import { withApp } from './open-app.js';
import { count, Output } from './output.js';
import { table } from './table.js';

/** `redrain diff A B`: what A has and B has not. */
export const run: CommandBody = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const options = call.options as EventOptions & { readonly limit?: number };
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
