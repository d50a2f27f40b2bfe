import { expect } from 'chai';
import { visible } from '../../src/base/visible.js';
import type { Outcome } from '../../src/dispatch/ports.js';
import { causeIs, causeOf } from '../../src/ledger/cause-text.js';
import { MOST_CAUSES } from '../../src/ledger/causes.js';
import { type Core, givenTarget, openCore, rows } from '../support/core.js';
import { drainWith, TestClock } from '../support/drains.js';
import { newEvents } from '../support/events.js';
import { assertLedgerInvariant } from '../support/invariant.js';
import { dropLaterTables } from '../support/old-schema.js';
import { results, ScriptedReceiver } from '../support/scripted-receiver.js';

const causes = (core: Core): unknown[] =>
  rows(core, 'SELECT status, text, events FROM cause ORDER BY status, events DESC, text');

async function given(count: number): Promise<{ core: Core; receiver: ScriptedReceiver }> {
  const core = await openCore();
  await givenTarget(core);
  await core.journal.append(newEvents(count), 'capture');
  return { core, receiver: new ScriptedReceiver() };
}

async function settleAll(
  core: Core,
  receiver: ScriptedReceiver,
  verdict: (eventId: string) => Outcome,
  now: number,
): Promise<void> {
  receiver.answer = (batch) => results(batch, (event) => verdict(event.eventId));
  await drainWith(core, receiver, { clock: Object.assign(new TestClock(), { now }) });
  assertLedgerInvariant(core);
}

const isOdd = (eventId: string): boolean => Number(eventId.slice(-1)) % 2 === 1;

describe('causes of what is not delivered', () => {
  it('are counted by status and text, and follow every later verdict', async () => {
    const { core, receiver } = await given(6);
    await settleAll(
      core,
      receiver,
      (id) =>
        isOdd(id)
          ? { kind: 'rejected', reason: 'type A refused' }
          : { kind: 'terminal_failed', reason: 'too large' },
      10_000,
    );
    expect(causes(core)).to.deep.equal([
      { status: 'rejected', text: 'type A refused', events: 3 },
      { status: 'terminal_failed', text: 'too large', events: 3 },
    ]);
    await core.requeue.requeue({ kind: 'retry', targetId: 1, filter: {}, now: 20_000 });
    assertLedgerInvariant(core);
    expect(causes(core)).to.deep.include({
      status: 'failed_transient',
      text: 'too large',
      events: 3,
    });
    await settleAll(core, receiver, () => ({ kind: 'success' }), 8_000_000);
    expect(causes(core)).to.deep.equal([]);
  });

  it('are bounded in number: further texts share one row, and the sums still hold', async () => {
    const word = (id: string): string =>
      `reason ${id.replaceAll(/\d/g, (d) => 'abcdefghij'[+d] ?? '')}`;
    const { core, receiver } = await given(MOST_CAUSES + 15);
    await settleAll(core, receiver, (id) => ({ kind: 'rejected', reason: word(id) }), 10_000);
    const found = rows<{ text: string; events: number }>(core, 'SELECT text, events FROM cause');
    expect(found).to.have.length(MOST_CAUSES + 1);
    expect(found.find(({ text }) => text === '')).to.include({ events: 15 });
    await settleAll(core, receiver, (id) => ({ kind: 'rejected', reason: word(id) }), 8_000_000);
    await settleAll(core, receiver, () => ({ kind: 'success' }), 16_000_000);
    expect(causes(core)).to.deep.equal([]);
  });

  it('are one cause where errors differ in ids, times and digests only, and stay short', () => {
    const at = '2026-11-22T15:00:00.123Z';
    const errors = [
      `event 01KXDKC13SPEZK7YDHMV6YKW4H: quota of 1000000 reached at ${at}`,
      'event 01KXDKC13SPEZK7YDHMV6YKW5J: quota of 2000000 reached at 2026-11-23T16:00:00Z',
    ];
    expect(new Set(errors.map(causeOf)).size).to.equal(1);
    expect(causeOf('HTTP 503 from 127.0.0.1:8080')).to.equal('HTTP 503 from 127.0.0.1:8080');
    expect(causeOf('two\nlines\u0000')).to.equal('two lines');
    expect([...causeOf('é'.repeat(500))]).to.have.length(120);
  });

  it('of a journal of the first schema are counted at once, as not recorded', async () => {
    const { core, receiver } = await given(4);
    await settleAll(core, receiver, () => ({ kind: 'rejected', reason: 'no' }), 10_000);
    await core.db.write((db) => {
      dropLaterTables(db);
      db.exec(`DROP INDEX uq_target_name;
        ALTER TABLE target DROP COLUMN name; ALTER TABLE target DROP COLUMN start_seq;
        ALTER TABLE post DROP COLUMN requests;
        DELETE FROM migrations WHERE id > 1; PRAGMA user_version = 1`);
    });
    const upgraded = await openCore(core.home);
    expect(causes(upgraded)).to.deep.equal([{ status: 'rejected', text: '', events: 4 }]);
    assertLedgerInvariant(upgraded);
    await settleAll(
      upgraded,
      receiver,
      (id) => (isOdd(id) ? { kind: 'rejected', reason: 'no' } : { kind: 'success' }),
      8_000_000,
    );
    expect(causes(upgraded)).to.deep.equal([{ status: 'rejected', text: 'no', events: 2 }]);
  });
});

describe('a cause that a person names', () => {
  const errors = [
    'no',
    'refused at 2026-11-22T10:00:00Z: 0123456789',
    'a\u202eb\nc',
    'x'.repeat(300),
    `0123456789ABCDEFGHJKMNPQRST ${'01KXDKC13SPEZK7YDHMV6YKW4H'.repeat(6)}`,
  ];

  it('is what is counted, what is shown, or the error of an event', () => {
    for (const error of errors)
      for (const named of [error, causeOf(error), visible(causeOf(error))])
        expect(errors.filter(causeIs(named)), named).to.deep.equal([error]);
  });

  it('is never a blank one, and nothing failed for none', () => {
    for (const named of ['', ' ', '\0\n'])
      expect([...errors, '', null].filter(causeIs(named)), JSON.stringify(named)).to.deep.equal([]);
    expect(causeIs('no')(null)).to.equal(false);
  });
});
