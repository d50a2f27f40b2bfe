import { kindOf } from '../app/kinds.js';
import { changeTarget, type TargetChange } from '../app/target-changes.js';
import {
  type DeclaredOnly,
  readDeclared,
  readTargets,
  type TargetSummary,
} from '../app/targets.js';
import { EXIT } from '../base/exit-codes.js';
import type { TargetRecord } from '../targets/registry.js';
import { timeText } from './ago.js';
import { type CommandBody, type DefineCommand, example, withApp } from './command.js';
import { UsageError } from './failure.js';
import { addOutput, showList } from './list.js';
import { count, Output } from './output.js';
import type { Column } from './table.js';
import { resetAdvice } from './target-advice.js';
import { defineAdd, defineRename, defineSet } from './target-declare.js';
import { define as defineShow } from './target-show.js';
import { define as defineTest } from './target-test.js';

/** `redrain targets`: those there are, and everything about one. */
export const define: DefineCommand = (targets, run) => {
  targets
    .description(
      'Declare where events may go, find out whether it works, and see what each target has.',
    )
    .addHelpText('after', example('redrain targets --json'));
  addOutput(targets.command('list', { isDefault: true }))
    .summary('every target, and what it has')
    .description('List every target that is declared or was drained to. Changes nothing.')
    .addHelpText('after', example('redrain targets list'))
    .action(run(list));
  defineAdd(targets.command('add'), run);
  defineTest(targets.command('test'), run);
  defineShow(targets.command('show'), run);
  defineSet(targets.command('set'), run);
  defineRename(targets.command('rename'), run);
  targets
    .command('label')
    .summary('keep a remark about a target')
    .description('Keep a remark about a target for people; an empty text removes it.')
    .argument('<target>', 'name, id or address')
    .argument('<text>', 'the remark')
    .addHelpText('after', example('redrain targets label 2 "preview of PR 42"'))
    .action(run(label));
  for (const [kind, summary, description] of PLAIN_CHANGES)
    targets
      .command(kind)
      .summary(summary)
      .description(description)
      .argument('<target>', 'name, id or address')
      .addHelpText('after', example(`redrain targets ${kind} 2`))
      .action(run(change({ kind })));
};

type Plain = Exclude<TargetChange['kind'], 'label'>;

const PLAIN_CHANGES: readonly (readonly [kind: Plain, summary: string, description: string])[] = [
  [
    'ack',
    'acknowledge a reset signal',
    'Clear the signal that the server may have been reset. Sends nothing again.',
  ],
  [
    'retire',
    'stop sending to a target for good',
    'Retire a target: nothing is sent there any more, and gc no longer waits for it. What it has stays known.',
  ],
  ['restore', 'undo a retirement', 'Return a retired target to use.'],
];

/** `redrain targets list`. */
const list: CommandBody = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const targets = await readTargets(app);
    const declared = await readDeclared(app, targets);
    showList(output, {
      rows: [...targets.map(rowOf), ...declared.map(declaredRow)],
      columns: COLUMNS,
      document: { targets, declared },
      jsonOf: ({ json }) => json,
      empty: 'No target yet: `redrain targets add NAME URL` declares one.',
      after: () => [...targets.flatMap(signalLines), ...declared.flatMap(faultLines)],
    });
    return EXIT.done;
  });

/** A target that was drained to, or one that is only declared: it has no id and no events yet. */
interface Row {
  readonly state: string | null;
  readonly id: number | null;
  readonly name: string;
  readonly delivered: number;
  readonly waiting: number | null;
  readonly held: number | null;
  readonly address: string | null;
  readonly json: TargetSummary | DeclaredOnly;
}

function rowOf(target: TargetSummary): Row {
  const { id, name, delivered, waiting, held } = target;
  const address = placeOf(target);
  return { state: stateOf(target), id, name, delivered, waiting, held, address, json: target };
}

/** What waits for it is counted once it was drained to. */
function declaredRow(declared: DeclaredOnly): Row {
  const { name, address, fault } = declared;
  const state = fault === null ? 'new' : 'wrong';
  return {
    state,
    id: null,
    name,
    delivered: 0,
    waiting: null,
    held: null,
    address,
    json: declared,
  };
}

const COLUMNS: readonly Column<Row>[] = [
  { key: 'id', heading: 'ID', value: ({ id }) => id },
  {
    key: 'name',
    heading: 'NAME',
    value: ({ name }) => name,
    shrink: { how: 'middle', least: 12, isLast: true },
  },
  { key: 'state', heading: 'STATE', value: ({ state }) => state, isOptional: true },
  { key: 'delivered', heading: 'DELIVERED', value: ({ delivered }) => delivered },
  { key: 'waiting', heading: 'WAITING', value: ({ waiting }) => waiting },
  { key: 'held', heading: 'HELD', value: ({ held }) => held },
  {
    key: 'address',
    heading: 'ADDRESS',
    value: ({ address }) => address,
    shrink: { how: 'end', least: 14 },
  },
];

function placeOf(target: TargetSummary): string {
  const remarks = [kindOf(target).team(target), target.label].filter(Boolean);
  const { canonicalUrl } = target;
  return remarks.length === 0 ? canonicalUrl : `${canonicalUrl} (${remarks.join(', ')})`;
}

function stateOf({ is_current, retiredAt }: TargetSummary): string | null {
  if (retiredAt !== null) return 'retired';
  return is_current ? 'active' : null;
}

function faultLines({ name, fault }: DeclaredOnly): string[] {
  return fault === null ? [] : [`${name} gets nothing: ${fault}`];
}

/** A reset is advice: only the operator knows whether the events are to go out again. */
function signalLines(target: TargetSummary): string[] {
  const { name, resetSignal, blockedReason, blockedMessage, retiredAt, replay_marked } = target;
  const lines = circuitLines(target);
  if (resetSignal !== null) lines.push(resetAdvice(name, resetSignal));
  if (retiredAt !== null)
    lines.push(`${name} is retired: \`redrain targets restore ${name}\` brings it back`);
  if (replay_marked > 0)
    lines.push(`${name}: ${count(replay_marked, 'event')} marked to be delivered again`);
  if (blockedReason !== null) lines.push(`${name}: ${blockedReason}: ${blockedMessage ?? ''}`);
  return lines;
}

function circuitLines({ name, circuit }: TargetSummary): string[] {
  if (circuit.state === 'closed' && circuit.next_attempt_at === null) return [];
  const at = circuit.next_attempt_at;
  const when = at === null ? 'at the next drain' : timeText(at);
  return [
    circuit.state === 'closed'
      ? `${name}: it asked for a pause; tried again ${when}`
      : `${name}: circuit ${circuit.state.replace('_', ' ')}, the last ${count(circuit.failures, 'request')} failed; tried again ${when}`,
  ];
}

const LONGEST_LABEL = 100;

/** `redrain targets label ID TEXT`. */
const label: CommandBody = async (call) => {
  const text = call.args[1] ?? '';
  if (text.length > LONGEST_LABEL || /\p{Cc}/u.test(text))
    throw new UsageError(`a label is one line of at most ${LONGEST_LABEL} characters`);
  return change({ kind: 'label', label: text })(call);
};

/** `redrain targets ack|retire|restore ID`. */
const change =
  (wanted: TargetChange): CommandBody =>
  (call) =>
    withApp(call, async (app) => {
      const target = await changeTarget(app, call.args[0] ?? '', wanted);
      const { leaseHolder: _holder, ...shown } = target;
      new Output(call.globals).result(shown, () => changeText(wanted, target));
      return EXIT.done;
    });

function changeText({ kind }: TargetChange, { name, label, canonicalUrl }: TargetRecord): string {
  const target = `${name} (${canonicalUrl})`;
  switch (kind) {
    case 'label':
      return label === null
        ? `${target} has no label any more`
        : `${target} has the label ${label}`;
    case 'ack':
      return `${target}: the reset signal is acknowledged`;
    case 'retire':
      return `${target} is retired: nothing goes there any more, but for a request that is on its way at this moment, and gc no longer waits for it. \`redrain targets restore ${name}\` takes that back.`;
    case 'restore':
      return `${target} is in use again`;
  }
}
