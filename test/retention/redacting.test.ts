import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { UnknownEventError } from '../../src/journal/unknown-event.js';
import { manifestName, readManifest } from '../../src/retention/archive-manifest.js';
import { checkArchive } from '../../src/retention/archive-reader.js';
import { archiveEvents } from '../../src/retention/archiving.js';
import { previewRedaction, redactEvent } from '../../src/retention/redacting.js';
import { restoreArchive } from '../../src/retention/restoring.js';
import { givenTarget } from '../support/core.js';
import { describeOnEachEngine } from '../support/each-engine.js';
import { newEvent, newEvents } from '../support/events.js';
import { failAt } from '../support/faults.js';
import { stateOf } from '../support/temporary-home.js';
import {
  ANY_AGE,
  classes,
  delivered,
  givenDelivered,
  history,
  type Keeping,
  NO_CONTROL,
  openKeeping,
  openSqliteKeeping,
  retained,
  type SqliteKeeping,
} from './given-journal.js';

const WHY = { reason: 'held a password', now: 7_000 };
const SECRET = 'correct-horse-battery-staple';

function secretEvent(eventId: string, more = '') {
  return newEvent(eventId, {
    bytes: Buffer.from(`{"event_id":"${eventId}","event_type":"T","p":"${SECRET}${more}"}`),
  });
}

function redact(keeping: Keeping, eventId: string) {
  return redactEvent(keeping, eventId, WHY);
}

/** Names of files below the home that hold the secret, read by a process that has none of them open. */
async function filesWithSecret(home: string): Promise<string[]> {
  const script = `
    const fs = require('fs'), path = require('path'), zlib = require('zlib');
    const walk = (at) => fs.statSync(at).isDirectory()
      ? fs.readdirSync(at).flatMap((name) => walk(path.join(at, name))) : [at];
    const unpacked = (file) => zlib.gunzipSync(fs.readFileSync(file)).toString().trim().split('\\n')
      .map((line) => Buffer.from(JSON.parse(line).bytes ?? '', 'base64').toString()).join();
    for (const file of walk(process.argv[1])) {
      const text = file.endsWith('.gz') ? unpacked(file) : fs.readFileSync(file);
      if (text.includes(process.argv[2])) console.log(path.basename(file));
    }`;
  const run = await promisify(execFile)(process.execPath, ['-e', script, home, SECRET]);
  return run.stdout.split('\n').filter((line) => line !== '');
}

describeOnEachEngine('redact', (open) => {
  it('erases the bytes of a delivered event and keeps digest, reason, time and ledger', async () => {
    const keeping = await givenDelivered(open, 3);
    const before = await history(keeping);
    const digest = await keeping.row('SELECT sha256, size FROM event WHERE seq = 2');
    const report = await redact(keeping, 'e-000002');
    expect(report).to.include({ revisions: 1, earlier_reason: null });
    expect(report.seen_by).to.deep.equal([
      {
        target_id: 1,
        target_name: 'a.test',
        canonical_url: 'http://a.test',
        status: 'success',
        in_flight: 0,
      },
    ]);
    expect(report.remains).to.deep.equal([]);
    expect(await retained(keeping)).to.deep.equal(['e-000001', 'e-000003']);
    expect(await keeping.row('SELECT sha256, size FROM event WHERE seq = 2')).to.deep.equal(digest);
    expect(await keeping.row('SELECT kind, at, detail FROM purge WHERE seq = 2')).to.deep.equal({
      kind: 'redact',
      at: 7_000,
      detail: 'held a password',
    });
    expect(await history(keeping)).to.deep.equal(before);
    expect(await classes(keeping)).to.deep.equal({ live: 2, redacted: 1 });
    await keeping.assertInvariant();
  });

  it('erases the copies of conflicts and of the audit log', async () => {
    const keeping = await openKeeping(open);
    await keeping.journal.append([secretEvent('x')], 'capture');
    await keeping.journal.append([secretEvent('x', '-other')], 'capture');
    const audit = { action: 'discarded', family: 'f', reason: 'r' } as const;
    await keeping.journal.append([{ ...secretEvent('x', '-audited'), audit }], 'capture');
    const preview = await previewRedaction(keeping, 'x');
    expect(preview).to.include({ conflict_copies: 1, audit_copies: 1, revisions: 1 });
    await redact(keeping, 'x');
    const sizes = await keeping.rows(
      'SELECT length(incoming_bytes) AS size, length(incoming_sha256) AS digest FROM conflict',
    );
    expect(sizes).to.deep.equal([{ size: 0, digest: 32 }]);
    expect(await keeping.rows('SELECT reason, bytes, details FROM audit')).to.deep.equal([
      { reason: 'r', bytes: null, details: null },
    ]);
    await keeping.assertInvariant();
  });

  it('takes an undelivered event out of selection', async () => {
    const keeping = await openKeeping(open);
    await givenTarget(keeping);
    await keeping.journal.append(newEvents(3), 'capture');
    await redact(keeping, 'e-000002');
    expect(await delivered(keeping, 1)).to.deep.equal(['e-000001', 'e-000003']);
    await keeping.assertInvariant();
  });

  it('works on an event that is on the wire; its verdict is recorded and it never goes again', async () => {
    const keeping = await openKeeping(open);
    await givenTarget(keeping);
    await keeping.journal.append(newEvents(2), 'capture');
    await keeping.change(`INSERT INTO flight VALUES (1, 'claim', '[[1,2]]', 1);
      INSERT INTO lane VALUES (1, (SELECT id FROM origin), 2)`);
    const report = await redact(keeping, 'e-000001');
    expect(report.seen_by).to.deep.include({
      target_id: 1,
      target_name: 'a.test',
      canonical_url: 'http://a.test',
      status: null,
      in_flight: 1,
    });
    await keeping.assertInvariant();
    // The next holder of the lock finds the flight and records what may have arrived.
    expect(await delivered(keeping, 1)).to.deep.equal(['e-000002']);
    expect(await keeping.row('SELECT status FROM delivery WHERE seq = 1')).to.deep.equal({
      status: 'failed_transient',
    });
    await keeping.assertInvariant();
  });

  it('reaches into archives, whose other events stay as they were', async () => {
    const keeping = await openKeeping(open);
    await givenTarget(keeping);
    await keeping.journal.append([newEvent('a'), secretEvent('x'), newEvent('b')], 'capture');
    await delivered(keeping, 1);
    const id = await archived(keeping);
    expect(await filesWithSecret(join(stateOf(keeping.home), 'archive'))).to.have.length(1);

    const report = await redact(keeping, 'x');
    expect(report.archives).to.deep.equal([id]);
    expect(await filesWithSecret(keeping.home)).to.deep.equal([]);
    expect(readdirSync(keeping.directory.path)).to.have.length(2);
    expect(await classes(keeping)).to.deep.equal({ archived: 2, redacted: 1 });
    await keeping.assertInvariant();

    const path = keeping.directory.pathOf(manifestName(id));
    await checkArchive(path, readManifest(path));
    const options = { now: 1, dryRun: false, control: NO_CONTROL };
    const back = await restoreArchive(keeping.restoring, path, options);
    expect(back).to.include({ restored: 2, redacted: 1 });
    expect(await retained(keeping)).to.deep.equal(['a', 'b']);
    await keeping.assertInvariant();
  });

  for (const step of ['redact.recorded', 'redact.archive-rewritten', 'redact.archive-switched'])
    it(`is ended by a second run when the first ends at ${step}`, async () => {
      const keeping = await openKeeping(open);
      await givenTarget(keeping);
      await keeping.journal.append([newEvent('a'), secretEvent('x')], 'capture');
      await delivered(keeping, 1);
      const id = await archived(keeping);
      failAt(step, 'EIO');
      await redact(keeping, 'x').catch(() => undefined);
      failAt('nowhere', 'EIO');
      await redact(keeping, 'x');
      expect(await filesWithSecret(keeping.home)).to.deep.equal([]);
      const path = keeping.directory.pathOf(manifestName(id));
      const manifest = readManifest(path);
      await checkArchive(path, manifest);
      const text = gunzipSync(readFileSync(keeping.directory.pathOf(manifest.file))).toString();
      expect(text.trimEnd().split('\n')).to.have.length(2);
      await keeping.assertInvariant();
    });

  it('keeps the first reason, and erases copies that came in since', async () => {
    const keeping = await openKeeping(open);
    await keeping.journal.append([secretEvent('x')], 'capture');
    await redact(keeping, 'x');
    await keeping.journal.append([secretEvent('x', '-again')], 'capture');
    const report = await redactEvent(keeping, 'x', { reason: 'b', now: 2 });
    expect(report).to.include({ earlier_reason: 'held a password', conflict_copies: 1 });
    expect(await filesWithSecret(keeping.home)).to.deep.equal([]);
  });

  it('knows the same event again when it is captured again, and stores nothing', async () => {
    const keeping = await openKeeping(open);
    await keeping.journal.append([secretEvent('x')], 'capture');
    await redact(keeping, 'x');
    expect(await keeping.journal.append([secretEvent('x')], 'capture')).to.deep.equal([
      'duplicate',
    ]);
    expect(await retained(keeping)).to.deep.equal([]);
  });

  it('refuses an id that was never captured', async () => {
    const keeping = await openKeeping(open);
    const refusal = await redact(keeping, 'nobody').catch((error: unknown) => error);
    expect(refusal).to.be.instanceOf(UnknownEventError);
  });
});

describe('redact, in a file of SQLite,', () => {
  it('leaves no copy of the bytes', async () => {
    const keeping = await openSqliteKeeping();
    await givenTarget(keeping);
    await keeping.journal.append(newEvents(30), 'capture');
    await keeping.journal.append([secretEvent('x')], 'capture');
    await keeping.journal.append([secretEvent('x', '-other')], 'capture');
    await keeping.journal.append(newEvents(30, 'f'), 'capture');
    await keeping.journal.append(
      [
        {
          ...secretEvent('x', '-audited'),
          audit: { action: 'discarded', family: 'f', reason: 'r' },
        },
      ],
      'capture',
    );
    await keeping.db.maintain((db) => db.pragma('wal_checkpoint(TRUNCATE)'));
    expect(await filesWithSecret(keeping.home)).to.deep.equal(['journal.db']);
    const preview = await previewRedaction(keeping, 'x');
    expect(preview).to.include({ conflict_copies: 1, audit_copies: 1, revisions: 1 });
    expect(await retained(keeping)).to.include('x');
    await redact(keeping, 'x');
    expect(await filesWithSecret(keeping.home)).to.deep.equal([]);
    expect(await keeping.rows('SELECT incoming_sha256 FROM conflict')).to.have.length(1);
    expect(await keeping.row('SELECT reason, bytes FROM audit')).to.deep.equal({
      reason: 'r',
      bytes: null,
    });
    await keeping.assertInvariant();
  });

  it('is the only way past the triggers of conflicts and audit log', async () => {
    const keeping = await openSqliteKeeping();
    await keeping.journal.append([newEvent('x')], 'capture');
    await keeping.journal.append(
      [
        secretEvent('x'),
        { ...secretEvent('y'), audit: { action: 'discarded', family: 'f', reason: 'r' } },
      ],
      'capture',
    );
    for (const attack of [
      `UPDATE conflict SET incoming_bytes = x''`,
      `UPDATE audit SET bytes = NULL, details = NULL`,
    ])
      expect(await attempt(keeping, attack), attack).to.match(/immutable/);
    await redact(keeping, 'x');
    for (const attack of [
      `UPDATE conflict SET incoming_bytes = 'forged'`,
      `UPDATE conflict SET incoming_bytes = x'', event_id = 'z'`,
      `UPDATE audit SET bytes = NULL, details = NULL`,
      `UPDATE redaction SET reason = 'other'`,
      `DELETE FROM redaction`,
      `REPLACE INTO redaction VALUES ('x', 1, 'other')`,
      `UPDATE purge SET kind = 'gc'`,
      `UPDATE purge SET detail = 'other'`,
    ])
      expect(await attempt(keeping, attack), attack).to.match(/immutable|kept/);
  });
});

async function archived(keeping: Keeping): Promise<string> {
  const { retention, directory } = keeping;
  const job = {
    retention,
    directory,
    scope: ANY_AGE,
    now: 1_795_358_210_123,
    control: NO_CONTROL,
  };
  return (await archiveEvents(job)).archives[0]?.id ?? '';
}

async function attempt(keeping: SqliteKeeping, sql: string): Promise<string> {
  return keeping.db
    .write((db) => db.exec(sql))
    .then(
      () => 'nothing stopped it',
      (error: Error) => error.message,
    );
}
