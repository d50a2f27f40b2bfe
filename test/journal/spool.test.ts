import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Spool } from '../../src/journal/spool.js';
import { decodeSpool, encodeSpool } from '../../src/journal/spool-format.js';
import { checkSpool } from '../../src/retention/file-checks.js';
import { describeOnEachEngine, type EngineCore } from '../support/each-engine.js';
import { newEvent, newEvents } from '../support/events.js';
import { failAt, putFileInPlaceOf } from '../support/faults.js';
import { stateOf } from '../support/temporary-home.js';

describeOnEachEngine('the spool', (open) => {
  let core: EngineCore;
  let dir: string;
  let spool: Spool;
  beforeEach(async () => {
    core = await open();
    dir = join(stateOf(core.home), 'spool');
    spool = new Spool(dir);
  });
  afterEach(() => core.assertInvariant());

  it('is nothing until something is written to it', () => {
    expect(spool.files()).to.deep.equal([]);
    expect(spool.waiting()).to.deep.equal({ files: 0, events: 0 });
    expect(spool.tornFiles()).to.deep.equal([]);
    expect(existsSync(dir)).to.equal(false);
  });

  it('keeps a group in a whole file that only its owner can read', () => {
    const name = spool.write(newEvents(3));
    expect(readdirSync(dir)).to.deep.equal([name]);
    expect(statSync(join(dir, name)).mode & 0o777).to.equal(0o600);
    expect(statSync(dir).mode & 0o777).to.equal(0o700);
    const { events, problems } = decodeSpool(readFileSync(join(dir, name)));
    expect(events).to.deep.equal(newEvents(3));
    expect(problems).to.deep.equal([]);
    expect(spool.waiting()).to.deep.equal({ files: 1, events: 3 });
  });

  it('goes into the journal once, in the order it was written, and is empty then', async () => {
    const groups = Array.from({ length: 30 }, (_, i) => newEvents(3, `g${i}`));
    for (const group of groups) spool.write(group);
    const taken = await spool.ingest(core.journal);
    expect(taken).to.have.length(30);
    expect(await eventIds(core)).to.deep.equal(groups.flat().map((event) => event.eventId));
    expect(readdirSync(dir)).to.deep.equal([]);
    expect(await spool.ingest(core.journal)).to.deep.equal([]);
    expect(await eventIds(core)).to.have.length(90);
  });

  it('leaves every field of an event what it was at its capture', async () => {
    const event = newEvent('kept', {
      bytes: Buffer.from('{"event_id": "kept",\n "event_type":"T" }'),
      eventType: 'T',
      timestamp: '2026-01-02T03:04:05Z',
      occurredAt: 1_767_323_045_000,
      capturedAt: 4_711,
      origin: { projectUuid: 'p', repoSlug: 'r', checkout: '/work' },
      producerUser: 'ada',
      producerTeam: 'blue',
      blockedReason: 'saas_disabled',
      undeliverable: 'no type',
      carriesId: true,
    });
    spool.write([event]);
    await spool.ingest(core.journal);
    expect(await core.row(STORED)).to.deep.equal({
      event_id: 'kept',
      event_type: 'T',
      source: 'spool',
      event_time: '2026-01-02T03:04:05Z',
      occurred_at: 1_767_323_045_000,
      captured_at: 4_711,
      producer_user: 'ada',
      producer_team: 'blue',
      drain_blocked_reason: 'saas_disabled',
      undeliverable: 'no type',
      carries_id: 1,
      project_uuid: 'p',
      repo_slug: 'r',
      checkout: '/work',
      bytes: event.bytes,
      sha256: event.sha256,
    });
  });

  it('finds duplicates and conflicts when it is taken in, and keeps both sides', async () => {
    const stored = newEvent('twice');
    await core.journal.append([stored], 'capture');
    const other = newEvent('twice', { bytes: Buffer.from('{"event_id":"twice","lane":"done"}') });
    spool.write([newEvent('twice'), other, newEvent('new')]);
    const [taken] = await spool.ingest(core.journal);
    expect(taken?.verdicts).to.deep.equal(['duplicate', 'conflict', 'captured']);
    expect(await eventIds(core)).to.deep.equal(['twice', 'new']);
    const conflict = await core.row(
      'SELECT found_by, existing_sha256, incoming_bytes FROM conflict',
    );
    expect(conflict).to.deep.equal({
      found_by: 'spool',
      existing_sha256: stored.sha256,
      incoming_bytes: other.bytes,
    });
  });

  it('takes in what is whole of a torn file, says what is not, and keeps the file', async () => {
    const name = '01TORN.spool';
    spool.write(newEvents(1, 'before'));
    const content = encodeSpool(newEvents(5, 'torn')).subarray(0, -10);
    writeFileSync(join(dir, name), content);
    const taken = await spool.ingest(core.journal);
    const torn = taken.find((one) => one.file === name);
    expect(torn?.problems).to.deep.equal([
      'torn: 1 of 5 records cannot be read (from record 5 on)',
    ]);
    expect((await eventIds(core)).filter((id) => id.startsWith('torn'))).to.deep.equal(
      newEvents(4, 'torn').map((event) => event.eventId),
    );
    expect(spool.tornFiles()).to.deep.equal([`${name}.torn`]);
    expect(readFileSync(join(dir, `${name}.torn`)).equals(content)).to.equal(true);
    const done = await core.row<{ problems: string }>(
      `SELECT problems FROM spool_done WHERE name = '${name}'`,
    );
    expect(JSON.parse(done.problems)).to.deep.equal(torn?.problems);
    expect(await spool.ingest(core.journal)).to.deep.equal([]);
  });

  it('sets a file aside that it cannot read at all, and takes in the others', async () => {
    spool.write(newEvents(2));
    writeFileSync(join(dir, '00.spool'), 'nothing of ours');
    await spool.ingest(core.journal);
    expect(await eventIds(core)).to.have.length(2);
    expect(spool.tornFiles()).to.deep.equal(['00.spool.torn']);
    expect(spool.files()).to.deep.equal([]);
  });

  it("removes what was never finished once it is nobody's, and leaves what may be being written", async () => {
    spool.write(newEvents(1));
    const hours = (count: number): number => Date.now() / 1000 + count * 3_600;
    for (const [name, age] of [
      ['00NOW', 0],
      ['00PAST', -2],
      ['00FUTURE', 24 * 365],
    ] as const) {
      const file = join(dir, `${name}.spool.tmp`);
      writeFileSync(file, encodeSpool(newEvents(1, name)));
      utimesSync(file, hours(age), hours(age));
    }
    expect(spool.unfinishedFiles()).to.have.length(3);
    await spool.ingest(core.journal);
    expect(readdirSync(dir)).to.deep.equal(['00NOW.spool.tmp']);
    expect(checkSpool(spool)).to.deep.include({ ok: true, count: 0 });
    expect(checkSpool(spool).notes[0]).to.match(/^00NOW.spool.tmp was being written/);
    expect(await eventIds(core), 'nobody was told that the others are safe').to.have.length(1);
  });

  it('takes in what is behind a file that nobody here can read', async () => {
    mkdirSync(join(dir, '00000000000000000000000000.spool'), { recursive: true });
    spool.write(newEvents(2));
    const trouble = await spool.ingest(core.journal).catch((error: Error) => error);
    expect(trouble).to.be.instanceOf(Error);
    expect(await core.rows('SELECT event_id FROM event')).to.have.length(2);
    expect(spool.waiting()).to.deep.equal({ files: 1, events: 0 });
    expect(spool.inspect()[0]?.problems[0]).to.contain('cannot be read');
  });

  it('leaves a file of a later redrain alone, for the one that can read it', async () => {
    const name = spool.write(newEvents(1));
    const later = readFileSync(join(dir, name), 'latin1').replace('spool-1 ', 'spool-2 ');
    writeFileSync(join(dir, name), later, 'latin1');
    expect(await spool.ingest(core.journal)).to.deep.equal([]);
    expect(readdirSync(dir)).to.deep.equal([name]);
    expect(readFileSync(join(dir, name), 'latin1')).to.equal(later);
  });

  it('does not take in a file again whose removal was lost', async () => {
    const name = spool.write(newEvents(2));
    const content = readFileSync(join(dir, name));
    await spool.ingest(core.journal);
    writeFileSync(join(dir, name), content);
    expect(await spool.ingest(core.journal)).to.deep.equal([]);
    expect(await eventIds(core)).to.have.length(2);
    expect(spool.files()).to.deep.equal([]);
  });

  it('keeps its files while the journal cannot take them', async () => {
    const name = spool.write(newEvents(2));
    const refusal = await spool
      .ingest({
        append: () => Promise.reject(new Error('not asked')),
        appendSpooled: () => Promise.reject(new Error('full')),
        countDiscarded: () => Promise.reject(new Error('not asked')),
      })
      .catch((error: Error) => error.message);
    expect(refusal).to.equal('full');
    expect(spool.files()).to.deep.equal([name]);
  });

  for (const step of ['spool.write', 'spool.written']) {
    it(`leaves no trace when the disk is full at ${step}`, () => {
      failAt(step, 'ENOSPC');
      expect(() => spool.write(newEvents(3))).to.throw('ENOSPC');
      expect(readdirSync(dir)).to.deep.equal([]);
    });
  }

  it('says so when there is a file where its directory should be', () => {
    putFileInPlaceOf(dir);
    expect(() => spool.write(newEvents(1))).to.throw(dir);
  });
});

const STORED = `
  SELECT event_id, event.event_type, source, event_time, occurred_at, captured_at, producer_user,
    producer_team, drain_blocked_reason, undeliverable, carries_id, project_uuid, repo_slug,
    checkout, bytes, sha256
  FROM event JOIN origin ON origin.id = origin_id JOIN payload USING (seq)`;

async function eventIds(core: EngineCore): Promise<string[]> {
  const found = await core.rows<{ id: string }>('SELECT event_id AS id FROM event ORDER BY seq');
  return found.map(({ id }) => id);
}
