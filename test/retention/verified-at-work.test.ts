import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { App } from '../../src/app/app.js';
import { verify } from '../../src/app/verify.js';
import { Spool } from '../../src/journal/spool.js';
import { ArchiveDirectory } from '../../src/retention/archive-directory.js';
import { manifestName } from '../../src/retention/archive-manifest.js';
import { archiveEvents } from '../../src/retention/archiving.js';
import { collect } from '../../src/retention/collecting.js';
import { redactEvent } from '../../src/retention/redacting.js';
import { restoreArchive } from '../../src/retention/restoring.js';
import type { Finding } from '../../src/retention/verification.js';
import { JournalDatabase } from '../../src/sqlite/journal-database.js';
import { SqliteRetention } from '../../src/sqlite/retention/retention-store.js';
import { SqliteVerification } from '../../src/sqlite/verification/verification.js';
import { verifyAll } from '../../src/sqlite/verification/verify.js';
import { newEvents } from '../support/events.js';
import { closeAfterTest, stateOf } from '../support/temporary-home.js';
import {
  ANY_AGE,
  delivered,
  givenDeliveredOnSqlite,
  NO_CONTROL,
  type SqliteKeeping,
} from './given-journal.js';

/** Where other work comes in between: after the list of archives, or after a look at one. */
type Moment = 'listed' | 'looked';

/** Has other work happen at one moment of a check, once or each time. */
class WatchedDirectory extends ArchiveDirectory {
  readonly #at: Moment;
  readonly #work: () => Promise<void>;

  constructor(path: string, at: Moment, work: () => Promise<void>) {
    super(path);
    this.#at = at;
    this.#work = work;
  }

  /** What was true when it was asked, and is not any more. */
  override async manifestText(path: string): Promise<Buffer | undefined> {
    const text = await super.manifestText(path);
    if (this.#at === 'looked') await this.#work();
    return text;
  }

  override manifests(): string[] {
    const paths = super.manifests();
    if (this.#at === 'listed') void this.#work();
    return paths;
  }
}

const once = (work: () => Promise<unknown>): (() => Promise<void>) => {
  let isDone = false;
  return async () => {
    if (isDone) return;
    isDone = true;
    await work();
  };
};

/** Verifies on a connection of its own, as another process does. */
async function verifiedWhile(
  keeping: SqliteKeeping,
  at: Moment,
  work: () => Promise<void>,
): Promise<readonly Finding[]> {
  const db = JournalDatabase.openReadOnly(keeping.file) as JournalDatabase;
  closeAfterTest(() => db.close());
  const spool = new Spool(join(stateOf(keeping.home), 'spool'));
  const directory = new WatchedDirectory(keeping.directory.path, at, work);
  const { checks } = await verifyAll({ db, spool, directory }, NO_CONTROL);
  return checks;
}

const problems = (checks: readonly Finding[]): string[] =>
  checks.flatMap((check) => check.problems);

const archive = (keeping: SqliteKeeping) =>
  archiveEvents({ ...keeping, scope: ANY_AGE, now: 1_795_358_210_123, control: NO_CONTROL });

async function givenArchived(events = 1_200): Promise<{ keeping: SqliteKeeping; path: string }> {
  const keeping = await givenDeliveredOnSqlite(events);
  const [written] = (await archive(keeping)).archives;
  return { keeping, path: keeping.directory.pathOf(manifestName(written?.id ?? '')) };
}

const restore = (keeping: SqliteKeeping, path: string) =>
  restoreArchive(keeping.restoring, path, { now: 1, dryRun: false, control: NO_CONTROL });

describe('verify beside other work', () => {
  it('while an archive is restored between two looks at it', async () => {
    const { keeping, path } = await givenArchived();
    const checks = await verifiedWhile(
      keeping,
      'looked',
      once(() => restore(keeping, path)),
    );
    expect(problems(checks)).to.deep.equal([]);
  });

  it('while a redaction writes an archive again and removes the old file', async () => {
    const { keeping } = await givenArchived(20);
    const checks = await verifiedWhile(
      keeping,
      'looked',
      once(() => redactEvent(keeping, 'e-000007', { reason: 'r', now: 1 })),
    );
    expect(problems(checks)).to.deep.equal([]);
  });

  it('while an archive is moved away after it was listed', async () => {
    const { keeping } = await givenArchived(5);
    const elsewhere = join(keeping.home, 'moved');
    const move = once(async () => {
      mkdirSync(elsewhere);
      renameSync(keeping.directory.path, join(elsewhere, 'archive'));
      mkdirSync(keeping.directory.path);
    });
    const checks = await verifiedWhile(keeping, 'listed', move);
    expect(problems(checks)).to.deep.equal([]);
    expect(checks.find(({ name }) => name === 'archives')?.notes[0]).to.match(
      /only bytes of 5 events, is not in/,
    );
  });

  it('while gc, capture, a drain and another archive come in between', async () => {
    const { keeping } = await givenArchived(5);
    await keeping.journal.append(newEvents(600, 'gone'), 'capture');
    await delivered(keeping, 1);
    const checks = await verifiedWhile(
      keeping,
      'looked',
      once(async () => {
        await collect(new SqliteRetention(keeping.db), ANY_AGE, 1, NO_CONTROL);
        await keeping.journal.append(newEvents(600, 'more'), 'capture');
        await delivered(keeping, 1);
        await archive(keeping);
        await keeping.journal.append(newEvents(3, 'last'), 'capture');
      }),
    );
    expect(problems(checks)).to.deep.equal([]);
  });

  it('says of an archive that never stands still that it was not judged', async () => {
    const { keeping, path } = await givenArchived(5);
    let times = 0;
    const checks = await verifiedWhile(keeping, 'looked', async () => {
      times += 1;
      const manifest = JSON.parse(((await keeping.directory.manifestText(path)) ?? '').toString());
      keeping.directory.writeManifest({ ...manifest, sha256: `${times}` });
    });
    expect(problems(checks)).to.deep.equal([]);
    expect(checks.find(({ name }) => name === 'archives')?.notes.join()).to.match(
      /changed each time/,
    );
  });

  it('names what is wrong and stays so', async () => {
    const { keeping, path } = await givenArchived(5);
    const manifest = JSON.parse(((await keeping.directory.manifestText(path)) ?? '').toString());
    keeping.directory.writeManifest({ ...manifest, sha256: '0'.repeat(64) });
    const work = once(async () => {
      await keeping.journal.append(newEvents(3, 'more'), 'capture');
    });
    const checks = await verifiedWhile(keeping, 'looked', work);
    expect(problems(checks)).to.have.length(1);
    expect(problems(checks)[0]).to.match(/its SHA-256 is not the one of its manifest/);
  });

  it('finds the same in one thread and in two, in the same order', async () => {
    const { db, home, directory } = await givenDeliveredOnSqlite(5);
    db.statement('UPDATE journal_count SET events = events + 1').run();
    db.statement('DROP TRIGGER payload_no_update').run();
    db.statement("UPDATE payload SET bytes = CAST('other' AS BLOB)").run();
    const request = { spoolDir: join(home, 'spool'), archiveDir: directory.path };
    const [one, two] = await Promise.all(
      [Number.POSITIVE_INFINITY, 1].map((worthAThread) =>
        new SqliteVerification(db, worthAThread).verify(request, NO_CONTROL),
      ),
    );
    expect(two).to.deep.equal(one);
    const named = one?.checks.filter(({ ok }) => !ok).map(({ name }) => name);
    expect(named).to.include.members(['triggers', 'counters', 'digests']);
  });

  it('is done by a thread of its own', async () => {
    const { keeping } = await givenArchived(5);
    const app = new App({ home: keeping.home, env: {} });
    closeAfterTest(() => app.close());
    const isThere = () => process.getActiveResourcesInfo().includes('MessagePort');
    const before = isThere();
    const verified = verify(app, NO_CONTROL);
    await new Promise((resolve) => setImmediate(resolve));
    expect([before, isThere()]).to.deep.equal([false, true]);
    expect((await verified).ok).to.equal(true);
    const stopped = { signal: AbortSignal.abort(), progress: () => undefined };
    expect((await verify(app, stopped)).verdict).to.match(/^Interrupted: no problem/);
  });
});
