import { kindOf } from '../app/kinds.js';
import { changeTarget, type TargetChange } from '../app/target-changes.js';
import { readTargets, type TargetSummary } from '../app/targets.js';
import { EXIT } from '../base/exit-codes.js';
import type { TargetRecord } from '../targets/registry.js';
import { type CommandBody, type DefineCommand, example, withApp } from './command.js';
import { UsageError } from './failure.js';
import { count, Output } from './output.js';
import { table } from './table.js';
import { resetAdvice } from './target-advice.js';

/** `redrain targets`: known targets, and the changes of one. */
export const define: DefineCommand = (targets, run) => {
  targets
    .description('Known targets, with counts, circuit and reset signals.')
    .addHelpText('after', example('redrain targets --json'));
  targets
    .command('list', { isDefault: true })
    .description('List every target events were drained to. Changes nothing.')
    .addHelpText('after', example('redrain targets list'))
    .action(run(list));
  targets
    .command('label')
    .summary('name a target')
    .description('Give a target a name for people; an empty text removes it.')
    .argument('<id>', 'id or address')
    .argument('<text>', 'the name')
    .addHelpText('after', example('redrain targets label 2 "preview of PR 42"'))
    .action(run(label));
  for (const [kind, summary, description] of PLAIN_CHANGES)
    targets
      .command(kind)
      .summary(summary)
      .description(description)
      .argument('<id>', 'id or address')
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
    output.result({ targets }, () =>
      targets.length === 0
        ? 'No target yet: `redrain now` makes one of the server or endpoint in force.'
        : [listOf(targets), ...targets.flatMap(signalLines)].join('\n'),
    );
    return EXIT.done;
  });

function listOf(targets: readonly TargetSummary[]): string {
  return table(
    ['', 'ID', 'KIND', 'ADDRESS', 'TEAM', 'DELIVERED', 'WAITING', 'HELD', 'CIRCUIT', 'LAST DRAIN'],
    targets.map((target) => [
      markOf(target),
      target.id,
      target.kind,
      target.label === null ? target.canonicalUrl : `${target.canonicalUrl} (${target.label})`,
      kindOf(target).team(target) ?? '-',
      target.delivered,
      target.waiting,
      target.held,
      target.circuit.state,
      target.lastDrainedAt === null ? 'never' : new Date(target.lastDrainedAt).toISOString(),
    ]),
  );
}

function markOf({ is_current, retiredAt }: TargetSummary): string {
  if (retiredAt !== null) return 'retired';
  return is_current ? '*' : '';
}

/** A reset is advice: only the operator knows whether the events are to go out again. */
function signalLines(target: TargetSummary): string[] {
  const { id, resetSignal, blockedReason, blockedMessage, retiredAt, replay_marked } = target;
  const lines: string[] = [];
  if (resetSignal !== null) lines.push(resetAdvice(id, resetSignal));
  if (retiredAt !== null)
    lines.push(`target ${id} is retired: \`redrain targets restore ${id}\` brings it back`);
  if (replay_marked > 0)
    lines.push(`target ${id}: ${count(replay_marked, 'event')} marked to be delivered again`);
  if (blockedReason !== null) lines.push(`target ${id}: ${blockedReason}: ${blockedMessage ?? ''}`);
  return lines;
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

function changeText({ kind }: TargetChange, { id, label, canonicalUrl }: TargetRecord): string {
  const target = `target ${id} ${canonicalUrl}`;
  switch (kind) {
    case 'label':
      return label === null ? `${target} has no label any more` : `${target} is called ${label}`;
    case 'ack':
      return `${target}: the reset signal is acknowledged`;
    case 'retire':
      return `${target} is retired: nothing goes there any more, but for a request that is on its way at this moment, and gc no longer waits for it. \`redrain targets restore ${id}\` takes that back.`;
    case 'restore':
      return `${target} is in use again`;
  }
}
