import {
  acknowledgeEdge,
  type EdgeReport,
  type EdgeRow,
  readEdge,
  readEdges,
} from '../app/edges.js';
import { EXIT } from '../base/exit-codes.js';
import { grouped } from '../base/grouped.js';
import { type CommandBody, type DefineCommand, example, withApp } from './command.js';
import { declareTokens } from './edge-tokens.js';
import { addOutput, showList } from './list.js';
import { count, Output } from './output.js';
import { type Column, table } from './table.js';

/** `redrain edges`: homes that send to this one. */
export const define: DefineCommand = (edges, run) => {
  edges
    .description(
      'Homes that send to this one with the format hub: how far their numbers have come, what is missing, and which of them was restored from a backup or copied.',
    )
    .addHelpText('after', example('redrain edges'));
  addOutput(edges.command('list', { isDefault: true }))
    .description('List every home that has sent events. Changes nothing.')
    .addHelpText('after', example('redrain edges list --output csv'))
    .action(run(list));
  edges
    .command('show')
    .description('Show gaps, faults and copies of one edge. Changes nothing.')
    .argument('<edge>', 'its number, home id or name')
    .addHelpText('after', example('redrain edges show 1'))
    .action(run(show));
  edges
    .command('ack')
    .description('Acknowledge the faults of an edge: from then on only new ones are reported.')
    .argument('<edge>', 'its number, home id or name')
    .addHelpText('after', example('redrain edges ack 1'))
    .action(run(acknowledge));
  declareTokens(edges, run);
};

const COLUMNS: readonly Column<EdgeRow>[] = [
  { key: 'id', heading: 'ID', value: ({ id }) => id },
  {
    key: 'name',
    heading: 'EDGE',
    value: ({ name, home }) => name ?? home,
    shrink: { how: 'middle', least: 8 },
  },
  { key: 'host', heading: 'HOST', value: ({ host }) => host, shrink: { how: 'middle', least: 6 } },
  {
    key: 'state',
    heading: 'STATE',
    value: ({ state }) => state.join(' '),
    shrink: { how: 'fold', least: 8 },
  },
  { key: 'received', heading: 'HERE', value: ({ received }) => received },
  { key: 'missing', heading: 'MISSING', value: ({ missing }) => missing },
  { key: 'lag_ms', heading: 'LAG MS', value: ({ lag_ms }) => lag_ms },
  {
    key: 'last_seen_at',
    heading: 'SEEN',
    value: ({ last_seen_at }) => last_seen_at,
    isTime: true,
  },
];

const list: CommandBody = (call) =>
  withApp(call, async (app) => {
    const edges = await readEdges(app);
    showList(new Output(call.globals), {
      rows: edges,
      columns: COLUMNS,
      document: { edges },
      empty: 'No other home has sent to this one.',
    });
    return EXIT.done;
  });

const show: CommandBody = (call) =>
  withApp(call, async (app) => {
    const edge = await readEdge(app, call.args[0] ?? '');
    new Output(call.globals).result(edge, () => edgeText(edge));
    return EXIT.done;
  });

const acknowledge: CommandBody = (call) =>
  withApp(call, async (app) => {
    const { id, faults } = await acknowledgeEdge(app, call.args[0] ?? '');
    const done = { id, acknowledged: faults.map(({ kind }) => kind) };
    new Output(call.globals).result(done, () =>
      faults.length === 0
        ? `edge ${id} has no faults`
        : `edge ${id}: ${count(faults.length, 'fault')} acknowledged`,
    );
    return EXIT.done;
  });

function edgeText(edge: EdgeReport): string {
  const { id, name, home, host, highest, complete_up_to, received, kept_there, missing } = edge;
  const ahead = edge.clock_ahead_ms;
  const clock = ahead === 0 ? 'agrees' : `${Math.abs(ahead)} ms ${ahead > 0 ? 'ahead' : 'behind'}`;
  return [
    `edge ${id}${name === null ? '' : ` ${name}`}, home ${home} on ${host}`,
    `numbers   up to ${grouped(highest)}, complete up to ${grouped(complete_up_to)}`,
    `events    ${grouped(received)} here, ${grouped(kept_there)} kept there, ${grouped(missing)} missing`,
    `lag       ${edge.lag_ms === null ? 'not known' : `${grouped(edge.lag_ms)} ms`}, clock ${clock}`,
    `seen      ${edge.first_seen_at} to ${edge.last_seen_at}`,
    ...gapLines(edge),
    ...edge.faults.map(({ kind, message }) => `${kind}: ${message}`),
    ...(edge.faults.length > 0 ? [`\`redrain edges ack ${id}\` says that this was seen.`] : []),
    '',
    table(COPIES, edge.copies),
  ].join('\n');
}

function gapLines({ gaps, more_gaps: more }: EdgeReport): string[] {
  if (gaps.length === 0) return [];
  const shown = gaps.map(({ first, last }) => (first === last ? `${first}` : `${first}–${last}`));
  return [`missing   ${shown.join(', ')}${more > 0 ? ` and ${count(more, 'more gap')}` : ''}`];
}

const COPIES: readonly Column<EdgeReport['copies'][number]>[] = [
  { key: 'instance', heading: 'COPY', value: ({ instance }) => instance },
  { key: 'host', heading: 'HOST', value: ({ host }) => host, shrink: { how: 'middle', least: 8 } },
  {
    key: 'first_seen_at',
    heading: 'FROM',
    value: ({ first_seen_at }) => first_seen_at,
    isTime: true,
  },
  { key: 'last_seen_at', heading: 'TO', value: ({ last_seen_at }) => last_seen_at, isTime: true },
];
