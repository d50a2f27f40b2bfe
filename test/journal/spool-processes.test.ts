import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Spool } from '../../src/journal/spool.js';
import type { CaptureRequest } from '../sqlite/children/capture-child.js';
import { type ChildEnd, startChild } from '../sqlite/children/start-child.js';
import { type Core, openCore, row, rows } from '../support/core.js';
import { newEvents } from '../support/events.js';
import { holdWriteLock } from '../support/faults.js';
import { assertLedgerInvariant } from '../support/invariant.js';
import { stateOf } from '../support/temporary-home.js';

const ENVELOPES = ['a', 'b', 'c'].map((id) => `{"event_id":"${id}","event_type":"T"}`);
const NO_ID = '{"event_type":"T","note":"no id of its own"}';

describe('a spool that several processes take in', () => {
  let core: Core;
  let spool: Spool;
  beforeEach(async () => {
    core = await openCore();
    spool = new Spool(join(stateOf(core.home), 'spool'));
  });
  afterEach(() => assertLedgerInvariant(core));

  const child = (request: Omit<CaptureRequest, 'home'> = {}) =>
    startChild('capture-child', { home: core.home, ...request });
  const run = async (request: Omit<CaptureRequest, 'home'> = {}): Promise<ChildEnd> => {
    const started = await child(request);
    started.go();
    return started.ended;
  };
  const count = (table: string): number =>
    row<{ n: number }>(core, `SELECT count(*) AS n FROM ${table}`).n;
  const ids = (): string[] =>
    rows<{ id: string }>(core, 'SELECT event_id AS id FROM event ORDER BY seq').map(({ id }) => id);

  it('gives each event to the journal once when two start together', async () => {
    for (let group = 0; group < 40; group++) spool.write(newEvents(5, `g${group}`));
    const children = [await child({ patience: 60_000 }), await child({ patience: 60_000 })];
    for (const one of children) one.go();
    const ends = await Promise.all(children.map((one) => one.ended));
    expect(ends.map((end) => [end.code, end.stderr])).to.deep.equal([
      [0, ''],
      [0, ''],
    ]);
    expect(ends.flatMap(verdictsOf)).to.deep.equal(new Array(200).fill('captured'));
    expect([count('event'), count('payload'), count('spool_done')]).to.deep.equal([200, 200, 40]);
    expect(count('conflict')).to.equal(0);
    expect(spool.files()).to.deep.equal([]);
  });

  describe('and one of them is killed', () => {
    for (const step of ['journal.spool-appended', 'spool.ingested']) {
      it(`at ${step}: nothing is lost and nothing is there twice`, async () => {
        spool.write(newEvents(3));
        const killed = await run({ dieAt: step });
        expect(killed.signal).to.equal('SIGKILL');
        expect(count('event')).to.equal(3);
        expect(spool.files(), 'the file is still there').to.have.length(1);
        const next = await run();
        expect(next.code, next.stderr).to.equal(0);
        expect(count('event')).to.equal(3);
        expect(spool.files()).to.deep.equal([]);
      });
    }
  });

  describe('and a capture is killed', () => {
    it('at spool.written: it said nothing yet, and a second try stores each event once', async () => {
      const other = holdWriteLock(core.file);
      const killed = await run({ envelopes: ENVELOPES, dieAt: 'spool.written' });
      expect(killed).to.include({ signal: 'SIGKILL', result: undefined });
      other.release();
      expect((await run({ envelopes: ENVELOPES })).code).to.equal(0);
      expect(ids()).to.deep.equal(['a', 'b', 'c']);
    });

    it('at spool.renamed: its events are safe, and a second try adds none', async () => {
      const other = holdWriteLock(core.file);
      const killed = await run({ envelopes: ENVELOPES, dieAt: 'spool.renamed' });
      expect(killed).to.include({ signal: 'SIGKILL', result: undefined });
      expect(spool.waiting()).to.deep.equal({ files: 1, events: 3 });
      other.release();
      const again = await run({ envelopes: ENVELOPES });
      expect(kinds(again)).to.deep.equal(['duplicate', 'duplicate', 'duplicate']);
      expect(ids()).to.deep.equal(['a', 'b', 'c']);
      expect(count('conflict')).to.equal(0);
    });

    it('at journal.appended: its events are safe, and a second try adds none', async () => {
      const killed = await run({ envelopes: ENVELOPES, dieAt: 'journal.appended' });
      expect(killed).to.include({ signal: 'SIGKILL', result: undefined });
      const again = await run({ envelopes: ENVELOPES });
      expect(kinds(again)).to.deep.equal(['duplicate', 'duplicate', 'duplicate']);
      expect(ids()).to.deep.equal(['a', 'b', 'c']);
    });
  });

  it('keeps the ids that were made at the capture', async () => {
    const other = holdWriteLock(core.file);
    const spooled = await run({ envelopes: [NO_ID, NO_ID] });
    const verdicts = spooled.result as { kind: string; eventId: string; generated: boolean }[];
    expect(verdicts.map(({ kind, generated }) => [kind, generated])).to.deep.equal([
      ['spooled', true],
      ['spooled', true],
    ]);
    other.release();
    expect((await run()).code).to.equal(0);
    expect(ids()).to.deep.equal(verdicts.map((verdict) => verdict.eventId));
  });

  it('leaves no unfinished file that is taken for a whole one', async () => {
    holdWriteLock(core.file);
    await run({ envelopes: ENVELOPES, dieAt: 'spool.written' });
    const left = readdirSync(join(stateOf(core.home), 'spool'));
    expect(left).to.have.length(1);
    expect(spool.waiting()).to.deep.equal({ files: 0, events: 0 });
  });
});

function kinds(end: ChildEnd): string[] {
  return (end.result as { kind: string }[]).map((verdict) => verdict.kind);
}

function verdictsOf(end: ChildEnd): string[] {
  return (end.result as { verdicts: string[] }[]).flatMap(({ verdicts }) => verdicts);
}
