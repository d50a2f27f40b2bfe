import { expect } from 'chai';
import type { Capture } from './commands.js';
import type { Fact } from './fact.js';
import type { Setting } from './setting.js';

/** Hands one group of events over, and has the model say what becomes of each. */
export async function capture(at: Setting, { events, locked }: Capture): Promise<void> {
  const { model, home } = at;
  const facts = model.facts(events);
  const captured = () => home.app.captureGroup(facts.map(({ bytes }) => ({ bytes })));
  const verdicts = await at.tried(locked ? home.journal.whileLocked(captured) : captured());
  if (verdicts === undefined || at.mortality.isDead) return followKilled(at, facts);
  const kinds = verdicts.map(({ kind }) => kind);
  expect(kinds, 'verdicts of a capture').to.deep.equal(expectedVerdicts(at, facts, locked));
}

function expectedVerdicts({ model }: Setting, facts: readonly Fact[], locked: boolean): string[] {
  if (!locked) {
    model.ingestSpool(model.spool.length);
    return model.append(facts, 'capture');
  }
  if (facts.length > 0) model.spool.push(facts);
  return facts.map(() => 'spooled');
}

/** What waited in the spool was taken in first; then the group, all of it or nothing. */
async function followKilled(at: Setting, facts: readonly Fact[]): Promise<void> {
  const { model } = at;
  await at.followSpool();
  const seen = await at.home.observer.look();
  if (seen.waiting > model.spool.length) model.spool.push(facts);
  const rows = model.events.length + model.conflicts.length;
  if (seen.events.length + seen.conflicts.length > rows) model.append(facts, 'capture');
}
