import { kindOf } from '../app/kinds.js';
import { readTargets, type TargetSummary } from '../app/targets.js';
import { EXIT } from '../base/exit-codes.js';
import type { CommandBody } from './command.js';
import { withApp } from './open-app.js';
import { count, Output } from './output.js';
import { resetAdvice } from './reset-advice.js';
import { table } from './table.js';

/** `redrain targets`: known targets and what each has. */
export const run: CommandBody = (call) =>
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
