import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import { SCHEMA_VERSION } from '../../src/sqlite/schema.js';
import { openCore, row, rows } from '../support/core.js';
import { assertLedgerInvariant } from '../support/invariant.js';
import { stateOf, temporaryHome } from '../support/temporary-home.js';
import { type ChildEnd, startChild } from './children/start-child.js';

describe('a new home that several processes open at the same moment', () => {
  it('gets one journal, with every event of all of them', async () => {
    const home = temporaryHome();
    const names = ['a', 'b', 'c'];
    const children = await Promise.all(
      names.map((name) =>
        startChild('capture-child', { home, envelopes: envelopes(name), patience: 60_000 }),
      ),
    );
    for (const child of children) child.go();
    const ends = await Promise.all(children.map((child) => child.ended));
    expect(ends.map((end) => [end.code, end.stderr])).to.deep.equal(names.map(() => [0, '']));
    expect(new Set(ends.flatMap(kinds))).to.deep.equal(new Set(['captured']));
    const core = await openCore(home);
    expect(row(core, 'SELECT count(*) AS n FROM event')).to.deep.equal({ n: 60 });
    expect(rows(core, 'SELECT id FROM migrations')).to.have.length(SCHEMA_VERSION);
    expect(readdirSync(stateOf(home))).to.not.include('spool');
    assertLedgerInvariant(core);
  });
});

function envelopes(name: string): string[] {
  return Array.from({ length: 20 }, (_, i) => `{"event_id":"${name}${i}","event_type":"T"}`);
}

function kinds(end: ChildEnd): string[] {
  return (end.result as { kind: string }[]).map((verdict) => verdict.kind);
}
