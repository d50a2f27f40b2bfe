import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { threeReceivers } from '../receivers/three-receivers.js';
import { WIRE_CASES, type WireCase } from '../receivers/wire-cases.js';
import { scriptOf } from '../receivers/wire-script.js';
import { type Core, givenTarget, openCore, row, rows } from '../support/core.js';
import { drainWith, TestClock } from '../support/drains.js';
import { newEvent } from '../support/events.js';
import { assertLedgerInvariant } from '../support/invariant.js';

const SHARED_CASES = path.resolve('..', 'shared', 'facts', 'wire-cases.json');

/** Outcome of a receiver → status of the ledger row. */
const STATUS: Readonly<Record<string, string>> = {
  success: 'success',
  duplicate: 'duplicate',
  pending: 'pending',
  rejected: 'rejected',
  transient: 'failed_transient',
  terminal_failed: 'terminal_failed',
};

describe('what an answer leaves in the ledger, through a whole drain', () => {
  for (const wireCase of WIRE_CASES) it(wireCase.name, () => sameLedgerOnAllThree(wireCase));
});

if (existsSync(SHARED_CASES)) {
  const shared = JSON.parse(readFileSync(SHARED_CASES, 'utf8')) as WireCase[];
  describe('what the shared wire cases leave in the ledger', () => {
    for (const wireCase of shared) it(wireCase.name, () => sameLedgerOnAllThree(wireCase));
  });
}

async function sameLedgerOnAllThree(wireCase: WireCase): Promise<void> {
  const receivers = await threeReceivers(scriptOf(wireCase));
  const ledgers: unknown[] = [];
  for (const [name, receiver] of receivers.byName) {
    const core = await openCore();
    await givenTarget(core);
    await core.journal.append(
      wireCase.sent_event_ids.map((id) => newEvent(id)),
      'capture',
    );
    await drainWith(core, receiver, { clock: new TestClock() });
    expect(statuses(core), name).to.deep.equal(expectedStatuses(wireCase));
    expect(row(core, 'SELECT count(*) AS n FROM event'), name).to.deep.equal({
      n: wireCase.sent_event_ids.length,
    });
    assertLedgerInvariant(core);
    ledgers.push(rows(core, 'SELECT * FROM delivery ORDER BY seq'));
  }
  await receivers.close();
  // Only the words for a lost connection differ: the stub has none to lose.
  if (wireCase.http_status === null) return;
  expect(ledgers[1]).to.deep.equal(ledgers[0]);
  expect(ledgers[2]).to.deep.equal(ledgers[0]);
}

function statuses(core: Core): Record<string, string> {
  const found = rows<{ id: string; status: string }>(
    core,
    'SELECT event_id AS id, status FROM delivery JOIN event USING (seq)',
  );
  return Object.fromEntries(found.map(({ id, status }) => [id, status]));
}

function expectedStatuses({ expected }: WireCase): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(expected).map(([id, kind]) => [id, STATUS[kind]]));
}
