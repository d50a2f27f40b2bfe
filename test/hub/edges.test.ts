import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { acknowledgeEdge } from '../../src/app/edges.js';
import { readStatus } from '../../src/app/status.js';
import { holdWriteLock } from '../support/faults.js';
import { stateOf, temporaryHome } from '../support/temporary-home.js';
import { contentsOf, type GivenHub, givenEdge, givenHub } from './given-hub.js';

const EVENTS: (string | Buffer)[] = [
  '{"event_id":"bare","event_type":"Paid","project_uuid":"p","repo_slug":"r","timestamp":"2026-11-01T10:00:00+02:00"}',
  '{"event_type":"NoId","n":1}',
  '{"event_id":7,"event_type":"Number"}',
  '{ "event_id" : "spaced", "event_type":"Paid" }\n',
  '{"specversion":"1.0","id":"cloud","source":"/s","type":"Cloud","time":"2026-11-01T00:00:00Z"}',
  '{"id":"other","type":"Usual","created":1764200000}',
  `{"event_id":"deep","event_type":"Deep","n":${'['.repeat(3_000)}${']'.repeat(3_000)}}`,
  '{"event_id":"é漢\\u0041","event_type":"Ünicode"}',
];

describe('events that go from an edge to a hub', () => {
  it('are the same there and at a hub beyond it: bytes, digests, types, times and origins', async () => {
    const far = await givenHub();
    const near = await givenHub();
    const edge = await givenEdge(near);
    for (const event of EVENTS) await edge.capture(event, { checkout: '/home/you/checkout' });
    expect(await edge.drain()).to.include({ delivered: EVENTS.length, unsent: 0 });
    const onward = await givenEdge(far, { home: near.app.paths.home });
    expect(await onward.drain()).to.include({ delivered: EVENTS.length, unsent: 0 });
    const contents = contentsOf(edge.home);
    expect(contents).to.have.length(EVENTS.length);
    expect(contentsOf(near.app.paths.home)).to.deep.equal(contents);
    expect(contentsOf(far.app.paths.home)).to.deep.equal(contents);
    expect(await edgeAt(far)).to.deep.include({ received: EVENTS.length, missing: 0, faults: [] });
  });

  it('are known when they come again, by a retry, a replay, or another target', async () => {
    const hub = await givenHub();
    const edge = await givenEdge(hub);
    await edge.captureMany(events(5));
    await edge.drain();
    await edge.replay();
    expect(await edge.drain()).to.include({ duplicate: 5, unsent: 0 });
    const other = await givenEdge({ url: `${hub.url}/other` }, { home: edge.home });
    expect(await other.drain()).to.include({ duplicate: 5, unsent: 0 });
    expect(await edgeAt(hub)).to.deep.include({ high: 5, received: 5, faults: [] });
  });

  it('leave no gap where the edge keeps some to itself, or sends them late', async () => {
    const hub = await givenHub();
    const edge = await givenEdge(hub, { types: ['Paid'] });
    await edge.captureMany(events(3));
    await edge.captureMany(events(2, 'draft', 'Draft'));
    await edge.captureMany(events(2, 'last'));
    await edge.drain();
    expect(await edgeAt(hub)).to.deep.include({
      complete: 7,
      received: 5,
      excluded: 2,
      missing: 0,
    });
    const all = await givenEdge(hub, { home: edge.home });
    await all.drain();
    expect(await edgeAt(hub)).to.deep.include({ received: 7, excluded: 0, faults: [] });
  });

  it('leave a gap at a hub that was restored from an older copy of its own', async () => {
    const hub = await givenHub();
    const { home } = hub.app.paths;
    const edge = await givenEdge(hub);
    await edge.captureMany(events(2));
    await edge.drain();
    const backup = copyOf(home);
    await edge.captureMany(events(3, 'lost'));
    await edge.drain();
    await hub.server.close();
    await hub.app.close();
    putBack(backup, home);
    const restored = await givenHub({ app: { home }, port: hub.port });
    await edge.captureMany(events(1, 'later'));
    await edge.drain();
    expect(await edgeAt(restored)).to.deep.include({
      high: 6,
      complete: 2,
      missing: 3,
      gaps: [[3, 5]],
      faults: [],
    });
    const { findings } = await readStatus(restored.app);
    const gaps = findings.find(({ check }) => check === 'edge_gaps');
    expect(gaps).to.include({ status: 'warning', count: 3 });
    await edge.replay();
    await edge.drain();
    expect(await edgeAt(restored)).to.deep.include({ complete: 6, missing: 0, faults: [] });
    expect(contentsOf(home)).to.have.length(6);
  });

  it('wait while the journal of the hub is locked: nothing is said that is not noted', async () => {
    const hub = await givenHub({ app: { storage: { busyTimeoutMs: 50 } } });
    const clock = { ahead: 0 };
    const edge = await givenEdge(hub, { clock });
    await edge.captureMany(events(2));
    await edge.drain();
    await edge.captureMany(events(2, 'more'));
    const lock = holdWriteLock(hub.app.paths.journalDb);
    expect(await edge.drain()).to.include({ delivered: 0, transient: 2 });
    lock.release();
    expect(hub.app.spool.files()).to.deep.equal([]);
    clock.ahead = 60_000;
    expect(await edge.drain()).to.include({ delivered: 2 });
    expect(await edgeAt(hub)).to.deep.include({ received: 4, missing: 0, faults: [] });
  });
});

describe('an edge is named', () => {
  it('that was restored from an older copy, and sent again what the hub has', async () => {
    const hub = await givenHub();
    const edge = await givenEdge(hub);
    await edge.captureMany(events(2));
    await edge.drain();
    const backup = copyOf(edge.home);
    await edge.captureMany(events(2, 'after'));
    await edge.drain();
    await edge.close();
    putBack(backup, edge.home);
    const restored = await givenEdge(hub, { home: edge.home });
    await restored.captureMany(events(1, 'other'));
    await restored.drain();
    expect((await edgeAt(hub)).faults.map(({ kind, number }) => [kind, number])).to.deep.equal([
      ['diverged', 3],
      ['restored', 3],
    ]);
    expect(contentsOf(hub.app.paths.home)).to.have.length(5);
    const { ok, findings } = await readStatus(hub.app);
    expect(ok).to.equal(false);
    const named = findings.filter(({ check }) => check === 'edges');
    expect(named.map(({ command }) => command)).to.deep.equal(Array(2).fill('redrain edges ack 1'));
    expect(named[0]?.message).to.match(/numbers stand for other events than before/);
    await acknowledgeEdge(hub.app, '1');
    const after = await readStatus(hub.app);
    expect(after.findings.filter(({ check }) => check === 'edges')).to.deep.equal([]);
  });

  it('that was copied, once both copies have sent', async () => {
    const hub = await givenHub();
    const edge = await givenEdge(hub);
    await edge.captureMany(events(2));
    await edge.drain();
    const clone = await givenEdge(hub, { home: copyOf(edge.home) });
    await clone.captureMany(events(1, 'clone'));
    await clone.drain();
    expect((await edgeAt(hub)).faults).to.deep.equal([]);
    await edge.captureMany(events(1, 'original'));
    await edge.drain();
    const { faults, instances } = await edgeAt(hub);
    expect(faults.map(({ kind }) => kind)).to.have.members(['cloned', 'diverged', 'restored']);
    expect(instances).to.have.length(2);
    expect(contentsOf(hub.app.paths.home)).to.have.length(4);
  });
});

const events = (count: number, prefix = 'e', type = 'Paid'): Record<string, unknown>[] =>
  Array.from({ length: count }, (_, at) => ({ event_id: `${prefix}-${at}`, event_type: type }));

async function edgeAt(hub: GivenHub, which = '1') {
  return (await (await hub.stores()).edges.find(which, 100))!;
}

function copyOf(home: string): string {
  const copy = join(temporaryHome(), 'copy');
  cpSync(home, copy, { recursive: true });
  return copy;
}

/** The journal alone, as a backup of it has it. */
function putBack(copy: string, home: string): void {
  for (const ending of ['', '-wal', '-shm'])
    rmSync(join(stateOf(home), `journal.db${ending}`), { force: true });
  for (const ending of ['', '-wal'])
    cpSync(join(stateOf(copy), `journal.db${ending}`), join(stateOf(home), `journal.db${ending}`));
}
