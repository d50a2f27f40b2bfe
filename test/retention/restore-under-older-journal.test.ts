import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { App } from '../../src/app/app.js';
import { previewRestore, runRestore } from '../../src/app/restore.js';
import { verify } from '../../src/app/verify.js';
import { manifestName, readManifest } from '../../src/retention/archive-manifest.js';
import { archiveEvents } from '../../src/retention/archiving.js';
import { redactEvent } from '../../src/retention/redacting.js';
import { row, rows } from '../support/core.js';
import { newEvent, newEvents } from '../support/events.js';
import { assertLedgerInvariant } from '../support/invariant.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';
import {
  ANY_AGE,
  delivered,
  givenDeliveredOnSqlite,
  NO_CONTROL,
  openSqliteKeeping,
  retained,
  type SqliteKeeping,
} from './given-journal.js';

const bytesOf = (eventId: string, more = '') =>
  newEvent(eventId, { bytes: Buffer.from(`{"event_id":"${eventId}", "more": "${more}"}`) });

/** A home whose journal is of before, and whose archives are of after. */
async function givenOlderJournal(): Promise<{ app: App; id: string; older: SqliteKeeping }> {
  const keeping = await givenDeliveredOnSqlite(2, {
    origin: { projectUuid: 'p', repoSlug: null, checkout: '/c' },
  });
  const backup = join(temporaryHome(), 'backup.db');
  await keeping.db.maintain((db) => db.prepare('VACUUM INTO ?').run(backup));
  await keeping.journal.append(
    [bytesOf('new', 'é'), bytesOf('both', 'of the archive'), bytesOf('gone')],
    'capture',
  );
  await delivered(keeping, 1);
  await redactEvent(keeping, 'gone', { reason: 'r', now: 1 });
  const { retention, directory } = keeping;
  const job = { retention, directory, scope: ANY_AGE, now: 1_795_358_210_123, control: NO_CONTROL };
  const id = (await archiveEvents(job)).archives[0]?.id ?? '';
  keeping.db.close();
  for (const end of ['-wal', '-shm', '']) rmSync(`${keeping.file}${end}`, { force: true });
  copyFileSync(backup, keeping.file);
  const older = await openSqliteKeeping(keeping.home);
  // The same number as an event of the archive, and the same id with other bytes.
  await older.journal.append([bytesOf('other'), bytesOf('both', 'of the journal')], 'capture');
  const app = new App({ home: keeping.home, env: {} });
  closeAfterTest(() => app.close());
  return { app, id, older };
}

describe('an archive under an older journal', () => {
  it('says what only it has, and adds that when it is told to', async () => {
    const { app, id, older } = await givenOlderJournal();
    const plain = await runRestore(app, [id], NO_CONTROL);
    expect(plain.archives[0]).to.include({ added: 0, unknown: 2, present: 2 });
    const manifest = older.directory.pathOf(manifestName(id));
    expect(readManifest(manifest).restored_at).to.equal(null);
    expect(await retained(older)).to.deep.equal(['e-000001', 'e-000002', 'other', 'both']);

    const preview = await previewRestore(app, [id], NO_CONTROL, true);
    expect(preview.archives[0]).to.include({ added: 1, conflicts: 1, unknown: 0 });
    expect(await retained(older)).to.have.length(4);

    const done = await runRestore(app, [id], NO_CONTROL, true);
    expect(done.archives[0]).to.deep.equal(preview.archives[0]);
    expect(await retained(older)).to.deep.equal(['e-000001', 'e-000002', 'other', 'both', 'new']);
    const added = row<{ seq: number; source: string; bytes: Buffer }>(
      older,
      "SELECT seq, source, bytes FROM event JOIN payload USING (seq) WHERE event_id = 'new'",
    );
    expect(added).to.include({ seq: 5, source: 'archive' });
    expect(added.bytes.equals(bytesOf('new', 'é').bytes)).to.equal(true);
    expect(rows(older, 'SELECT event_id, reason, action FROM audit')).to.deep.equal([
      { event_id: 'new', reason: id, action: 'added_from_archive' },
    ]);
    const conflict = row<{ bytes: Buffer; at: string }>(
      older,
      "SELECT incoming_bytes AS bytes, source_digest AS at FROM conflict WHERE event_id = 'both'",
    );
    expect(conflict.bytes.toString()).to.contain('of the archive');
    expect(conflict.at).to.equal(id);
    assertLedgerInvariant(older);
    expect((await verify(app, NO_CONTROL)).ok).to.equal(true);

    // No record says where they have been: the target gets them again.
    expect(await delivered(older, 1)).to.deep.equal(['other', 'both', 'new']);
    expect((await runRestore(app, [id], NO_CONTROL, true)).archives[0]).to.include({
      added: 0,
      present: 3,
    });
    assertLedgerInvariant(older);
  });

  it('finds events whose numbers are other ones here', async () => {
    const one = await givenDeliveredOnSqlite(3);
    const { retention, directory } = one;
    const job = {
      retention,
      directory,
      scope: ANY_AGE,
      now: 1_795_358_210_123,
      control: NO_CONTROL,
    };
    const id = (await archiveEvents(job)).archives[0]?.id ?? '';
    const other = await openSqliteKeeping();
    await other.journal.append([newEvent('first'), ...newEvents(3)], 'capture');
    const app = new App({ home: other.home, env: {} });
    closeAfterTest(() => app.close());
    const path = directory.pathOf(manifestName(id));
    expect((await runRestore(app, [path], NO_CONTROL)).archives[0]).to.include({
      present: 3,
      unknown: 0,
    });
  });

  it('brings nothing back that this journal redacted', async () => {
    const { app, id, older } = await givenOlderJournal();
    await older.journal.append([bytesOf('new', 'é')], 'capture');
    await redactEvent(older, 'new', { reason: 'r', now: 1 });
    expect((await runRestore(app, [id], NO_CONTROL, true)).archives[0]).to.include({
      redacted: 1,
      added: 0,
    });
    expect(await retained(older)).not.to.include('new');
  });
});
