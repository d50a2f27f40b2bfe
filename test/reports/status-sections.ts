import { expect } from 'chai';
import type { Redrain, StatusDocument } from '../../src/index.js';
import type { UnreadableSection } from '../../src/reports/or-unreadable.js';

/** The sections that are read from the journal. */
export const JOURNAL_SECTIONS = [
  'event_journal',
  'delivery_targets',
  'delivery_ledger',
  'migration_conflicts',
  'terminal_failures',
] as const;

type Section = (typeof JOURNAL_SECTIONS)[number];

/** These sections, when all of them could be read. */
export type ReadableStatus = {
  readonly [Name in Section]: Exclude<StatusDocument[Name], UnreadableSection>;
};

/** The status of a home; fails the test when any section could not be read. */
export async function readableStatus(redrain: Redrain): Promise<ReadableStatus> {
  const status = await redrain.status();
  for (const name of JOURNAL_SECTIONS) expect(status[name], name).to.not.have.property('error');
  return status as ReadableStatus;
}

/** The sum of one target, which must hold wherever it is read. */
export async function termsOf(redrain: Redrain, targetId = 1): Promise<Record<string, unknown>> {
  const { delivery_ledger } = await readableStatus(redrain);
  const row = delivery_ledger.per_target.find((one) => one.target_id === targetId);
  expect(row, `target ${targetId}`).to.not.equal(undefined);
  return { ...row };
}

/** Every target's terms make its total, and the total is what the journal ever took in. */
export async function expectSumsToHold(redrain: Redrain, eventsEver: number): Promise<void> {
  const { delivery_ledger } = await readableStatus(redrain);
  for (const target of delivery_ledger.per_target) {
    const terms = TERMS.map((term) => target[term]);
    expect(terms.reduce((sum, term) => sum + term, 0)).to.equal(eventsEver);
    expect(target).to.include({ total: eventsEver, adds_up: true });
  }
}

const TERMS = [
  'delivered',
  'pending',
  'rejected',
  'transient',
  'terminal',
  'coalesced',
  'replaced',
  'archived',
  'redacted',
  'purged',
  'held',
  'unsent',
] as const;
