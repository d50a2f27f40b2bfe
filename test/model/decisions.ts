import { expect } from 'chai';
import { resolveConflict } from '../../src/app/conflicts.js';
import type { Decide } from './commands.js';
import { conflictLine } from './conflict-line.js';
import type { Setting } from './setting.js';

/** One of the conflicts nobody has decided yet. */
export async function decide(at: Setting, { nth, keep }: Decide): Promise<void> {
  const { model, home } = at;
  const open = model.conflicts.filter(({ kept }) => kept === null);
  const conflict = open[nth % open.length];
  if (conflict === undefined) return;
  const id = await home.observer.conflictId(conflict.fact);
  const decision = resolveConflict(home.app, `${id}`, keep, true);
  const decided = await at.tried(decision, 'ConflictErasedError');
  const isPossible = keep === 'journal' || !conflict.isErased;
  if (!at.mortality.isDead)
    expect(decided !== undefined, 'a decision that is possible').to.equal(isPossible);
  const { fact, isErased } = conflict;
  const line = conflictLine({ id: fact.id, sha256: fact.sha256, isErased, kept: keep });
  const isDone = await at.happened(
    ({ conflicts }) =>
      () =>
        conflicts.includes(line),
  );
  if (isPossible && isDone(id)) model.decide(conflict, keep);
}
