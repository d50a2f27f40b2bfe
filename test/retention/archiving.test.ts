import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import {
  ArchiveDamagedError,
  locateManifest,
  manifestName,
  readManifest,
  UnknownArchiveError,
} from '../../src/retention/archive-manifest.js';
import { checkArchive } from '../../src/retention/archive-reader.js';
import { type Archived, archiveEvents } from '../../src/retention/archiving.js';
import { restoreArchive } from '../../src/retention/restoring.js';
import type { RetentionScope } from '../../src/retention/scope.js';
import { givenTarget } from '../support/core.js';
import { describeOnEachEngine } from '../support/each-engine.js';
import { newEvent, newEvents } from '../support/events.js';
import { failAt } from '../support/faults.js';
import { results, ScriptedReceiver } from '../support/scripted-receiver.js';
import { temporaryHome } from '../support/temporary-home.js';
import {
  ANY_AGE,
  classes,
  delivered,
  EVEN_UNDELIVERED,
  givenDelivered,
  history,
  type Keeping,
  NO_CONTROL,
  openKeeping,
  payloads,
  retained,
} from './given-journal.js';

function archive(keeping: Keeping, scope: RetentionScope = ANY_AGE): Promise<Archived> {
  const { retention, directory } = keeping;
  return archiveEvents({
    retention,
    directory,
    scope,
    now: 1_795_358_210_123,
    control: NO_CONTROL,
  });
}

function restore(keeping: Keeping, id: string, dryRun = false) {
  const path = locateManifest(keeping.directory.path, id);
  return restoreArchive(keeping.restoring, path, { now: 9_000, dryRun, control: NO_CONTROL });
}

const ODD = Buffer.from('{"event_id": "odd",  "event_type":"T", "n":1.50, "é":"\\u00e9"}\n');

describeOnEachEngine('an archive', (open) => {
  it('holds every column and the exact bytes, in files only their owner can read', async () => {
    const keeping = await givenDelivered(open, 3);
    await keeping.journal.append([newEvent('odd', { bytes: ODD, timestamp: 'soon' })], 'capture');
    await delivered(keeping, 1);
    const before = await history(keeping);
    const report = await archive(keeping);

    expect(report).to.include({ events: 4, damaged: 0, undelivered: 0 });
    const [{ id, file } = { id: '', file: '' }] = report.archives;
    const manifest = readManifest(keeping.directory.pathOf(manifestName(id)));
    expect(manifest).to.include({ events: 4, restored_at: null, include_undelivered: false });
    expect(manifest.seqs).to.deep.equal([[1, 4]]);
    const lines = gunzipSync(readFileSync(keeping.directory.pathOf(file)))
      .toString()
      .split('\n');
    expect(lines).to.have.length(5);
    const odd = JSON.parse(lines[3] ?? '');
    expect(Buffer.from(odd.bytes, 'base64').equals(ODD)).to.equal(true);
    expect(odd).to.include({ event_id: 'odd', event_time: 'soon', revision: 1, seq: 4 });
    for (const name of readdirSync(keeping.directory.path))
      expect(statSync(keeping.directory.pathOf(name)).mode & 0o777, name).to.equal(0o600);
    expect(statSync(keeping.directory.path).mode & 0o777).to.equal(0o700);

    expect(await retained(keeping)).to.deep.equal([]);
    expect(await classes(keeping)).to.deep.equal({ archived: 4 });
    expect(await history(keeping)).to.deep.equal(before);
    await keeping.assertInvariant();
  });

  it('comes back byte for byte, class and counters too', async () => {
    const keeping = await givenDelivered(open, 700);
    await keeping.journal.append(newEvents(2, 'c', { coalesceKey: 'k' }), 'capture');
    await delivered(keeping, 1);
    const before = await payloads(keeping);
    const wasClass = await classes(keeping);
    const ledger = await history(keeping);
    const report = await archive(keeping);
    expect(report).to.include({ events: 702, coalesced: 1 });
    expect(await classes(keeping)).to.deep.equal({ archived: 701, coalesced: 1 });

    const id = report.archives[0]?.id ?? '';
    expect(await restore(keeping, id, true)).to.include({ restored: 702 });
    expect(await retained(keeping)).to.deep.equal([]);
    expect(await restore(keeping, id)).to.include({ restored: 702, present: 0, unknown: 0 });
    expect(await payloads(keeping)).to.deep.equal(before);
    expect(await classes(keeping)).to.deep.equal(wasClass);
    expect(await history(keeping)).to.deep.equal(ledger);
    expect(await keeping.rows('SELECT * FROM purge')).to.deep.equal([]);
    await keeping.assertInvariant();
    expect(await restore(keeping, id)).to.include({ restored: 0, present: 702 });
    expect(await delivered(keeping, 1)).to.deep.equal([]);
  });

  it('holds undelivered events only when it is asked to; nothing sends them until they are back', async () => {
    const keeping = await openKeeping(open);
    await givenTarget(keeping);
    await givenTarget(keeping, 'b');
    await keeping.journal.append(newEvents(4), 'capture');
    const refusing = new ScriptedReceiver();
    refusing.answer = (batch) =>
      results(batch, (event) =>
        event.eventId === 'e-000002' ? { kind: 'rejected', reason: 'r' } : { kind: 'success' },
      );
    await delivered(keeping, 1, refusing);
    expect((await archive(keeping)).events).to.equal(0);

    const report = await archive(keeping, EVEN_UNDELIVERED);
    expect(report).to.include({ events: 4, undelivered: 4 });
    await keeping.assertInvariant();
    expect(await delivered(keeping, 1)).to.deep.equal([]);
    expect(await delivered(keeping, 2)).to.deep.equal([]);

    // Target 2's lane passes the archived ones: it must find them again as todos.
    await keeping.journal.append([newEvent('later')], 'capture');
    expect(await delivered(keeping, 2)).to.deep.equal(['later']);
    await restore(keeping, report.archives[0]?.id ?? '');
    await keeping.assertInvariant();
    expect(await delivered(keeping, 2)).to.have.members(newEvents(4).map((e) => e.eventId));
    expect(await delivered(keeping, 1)).to.have.members(['e-000002', 'later']);
    await keeping.assertInvariant();
  });

  it('leaves a damaged event in the journal', async () => {
    const keeping = await givenDelivered(open, 3);
    await keeping.change(`UPDATE payload SET bytes = 'x' WHERE seq = 2`);
    expect(await archive(keeping)).to.include({ events: 2, damaged: 1 });
    expect(await retained(keeping)).to.deep.equal(['e-000002']);
  });

  it('never brings back bytes that another program changed in the file', async () => {
    const keeping = await givenDelivered(open, 2);
    const [{ id, file } = { id: '', file: '' }] = (await archive(keeping)).archives;
    const path = keeping.directory.pathOf(file);
    const bytes = readFileSync(path);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    expect(await failure(restore(keeping, id))).to.be.instanceOf(ArchiveDamagedError);
    expect(await retained(keeping)).to.deep.equal([]);
    await keeping.assertInvariant();
  });

  it('is continued by the next run when the first one was killed after it deleted some payloads', async () => {
    const keeping = await givenDelivered(open, 700);
    failAt('retention.archive-purged', 'EIO');
    await failure(archive(keeping));
    failAt('nowhere', 'EIO');
    expect(await keeping.rows('SELECT count(*) AS n FROM payload')).to.deep.equal([{ n: 450 }]);
    const report = await archive(keeping);
    expect(report).to.include({ events: 450 });
    expect(keeping.directory.manifests()).to.have.length(1);
    expect(await retained(keeping)).to.deep.equal([]);
    expect(await archive(keeping)).to.include({ events: 0 });
    await keeping.assertInvariant();
    expect(await restore(keeping, report.archives[0]?.id ?? '')).to.include({ restored: 700 });
    await keeping.assertInvariant();
  });

  it('can be restored from where it was moved to', async () => {
    const keeping = await givenDelivered(open, 2);
    await archive(keeping);
    const elsewhere = temporaryHome();
    for (const name of readdirSync(keeping.directory.path))
      renameSync(keeping.directory.pathOf(name), join(elsewhere, name));
    const data = readdirSync(elsewhere).find((name) => name.endsWith('.gz')) ?? '';
    expect(await restore(keeping, join(elsewhere, data))).to.include({ restored: 2 });
    await keeping.assertInvariant();
  });

  it('of another journal brings nothing', async () => {
    const one = await givenDelivered(open, 2);
    const [written] = (await archive(one)).archives;
    const other = await openKeeping(open);
    await other.journal.append(newEvents(2, 'other'), 'capture');
    const path = one.directory.pathOf(manifestName(written?.id ?? ''));
    const options = { now: 1, dryRun: false, control: NO_CONTROL };
    expect(await restoreArchive(other.restoring, path, options)).to.include({
      unknown: 2,
      restored: 0,
    });
    await other.assertInvariant();
  });

  it('accepts safe file names only', async () => {
    const keeping = await givenDelivered(open, 1);
    for (const name of [
      '../../etc/passwd',
      'archive-1',
      '',
      '..',
      'a\0b',
      'archive-x.manifest.json',
    ])
      expect(() => locateManifest(keeping.directory.path, name), name).to.throw(
        UnknownArchiveError,
      );
    const [written] = (await archive(keeping)).archives;
    const path = keeping.directory.pathOf(manifestName(written?.id ?? ''));
    const manifest = readManifest(path);
    for (const file of ['../journal.db', '/etc/passwd', 'x.jsonl.gz']) {
      writeFileSync(path, JSON.stringify({ ...manifest, file }));
      expect(() => readManifest(path), file).to.throw(ArchiveDamagedError);
    }
    writeFileSync(path, '{');
    expect(() => readManifest(path)).to.throw(ArchiveDamagedError);
  });

  it('that another run left without marking its events is taken up', async () => {
    const keeping = await givenDelivered(open, 3);
    failAt('archive.read-back', 'EIO');
    expect(await failure(archive(keeping))).to.include({ code: 'EIO' });
    failAt('nowhere', 'EIO');
    expect(await retained(keeping)).to.have.length(3);
    const before = readdirSync(keeping.directory.path).sort();
    expect(await archive(keeping)).to.include({ events: 3 });
    expect(readdirSync(keeping.directory.path).sort()).to.deep.equal(before);
    expect(await retained(keeping)).to.deep.equal([]);
    await keeping.assertInvariant();
  });

  for (const step of ['archive.data-written', 'archive.data-in-place', 'archive.manifest-written'])
    it(`loses nothing when its writing ends at ${step}`, async () => {
      const keeping = await givenDelivered(open, 3);
      const before = await payloads(keeping);
      failAt(step, 'EIO');
      expect(await failure(archive(keeping))).to.include({ code: 'EIO' });
      failAt('nowhere', 'EIO');
      expect(await payloads(keeping)).to.deep.equal(before);
      const report = await archive(keeping);
      expect(report).to.include({ events: 3 });
      expect(readdirSync(keeping.directory.path)).to.have.length(2);
      await restore(keeping, report.archives[0]?.id ?? '');
      expect(await payloads(keeping)).to.deep.equal(before);
      await keeping.assertInvariant();
    });

  it('is not taken for a leftover when only its manifest was lost', async () => {
    const keeping = await givenDelivered(open, 2);
    const [{ id, file } = { id: '', file: '' }] = (await archive(keeping)).archives;
    const manifest = keeping.directory.pathOf(manifestName(id));
    renameSync(manifest, join(keeping.home, 'lost'));
    await archive(keeping);
    expect(readdirSync(keeping.directory.path)).to.deep.equal([file]);
  });

  it('restored once is left alone by the next run, which writes another', async () => {
    const keeping = await givenDelivered(open, 2);
    const [first] = (await archive(keeping)).archives;
    await restore(keeping, first?.id ?? '');
    const [second] = (await archive(keeping)).archives;
    expect(second?.id).not.to.equal(first?.id);
    expect(await keeping.row('SELECT DISTINCT detail FROM purge')).to.deep.equal({
      detail: second?.id,
    });
    await checkArchive(
      keeping.directory.pathOf(manifestName(second?.id ?? '')),
      readManifest(keeping.directory.pathOf(manifestName(second?.id ?? ''))),
    );
  });

  it('cannot be written: the journal keeps everything', async () => {
    const keeping = await givenDelivered(open, 2);
    const inTheWay = keeping.directory.path;
    mkdirSync(join(inTheWay, '..'), { recursive: true });
    writeFileSync(inTheWay, 'in the way');
    expect(await failure(archive(keeping))).to.be.instanceOf(Error);
    chmodSync(inTheWay, 0o600);
    expect(await retained(keeping)).to.have.length(2);
    expect(basename(inTheWay)).to.equal('archive');
    await keeping.assertInvariant();
  });
});

function failure(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describeOnEachEngine('an archive of another journal', (open) => {
  it('is not treated as one that holds this journal’s events', async () => {
    const old = await openKeeping(open);
    await old.journal.append(newEvents(3, 'old'), 'capture');
    await archive(old, EVEN_UNDELIVERED);
    const fresh = await openKeeping(open);
    await fresh.journal.append(newEvents(3, 'new'), 'capture');
    const { retention } = fresh;
    const { directory } = old;
    const before = await payloads(fresh);
    const none = { ...ANY_AGE, capturedBy: 0 };
    const again = await archiveEvents({
      retention,
      directory,
      scope: none,
      now: 1,
      control: NO_CONTROL,
    });
    expect(again.events).to.equal(0);
    const first = directory.manifests();
    expect(first).to.have.length(1);
    await archiveEvents({
      retention,
      directory,
      scope: EVEN_UNDELIVERED,
      now: 2,
      control: NO_CONTROL,
    });
    expect(directory.manifests()).to.have.length(2);
    for (const path of directory.manifests())
      if (!first.includes(path))
        await restoreArchive(fresh.restoring, path, { now: 3, control: NO_CONTROL, dryRun: false });
    expect(await payloads(fresh)).to.deep.equal(before);
    await fresh.assertInvariant();
  });
});
