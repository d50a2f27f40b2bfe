import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { App, type AppOptions } from '../../src/app/app.js';
import type { CaptureVerdict } from '../../src/journal/capture.js';
import { decodeSpool } from '../../src/journal/spool-format.js';
import { SCHEMA_VERSION } from '../../src/sqlite/schema.js';
import { openCore, rows } from '../support/core.js';
import { newEvents } from '../support/events.js';
import {
  corruptHeader,
  corruptTable,
  failAt,
  holdWriteLock,
  markAsNewer,
  putFileInPlaceOf,
  setWritable,
} from '../support/faults.js';
import { assertLedgerInvariant } from '../support/invariant.js';
import { closeAfterTest, stateOf, temporaryHome } from '../support/temporary-home.js';

/** One way in which the journal cannot be written, and the way back where there is one. */
interface Trouble {
  readonly name: string;
  readonly storage?: AppOptions['storage'];
  /** Causes it on a closed journal; returns what fixes it. */
  cause(file: string): (() => void) | undefined;
  /** What the error says of it. */
  readonly words: RegExp;
}

const TROUBLES: readonly Trouble[] = [
  {
    name: 'locked for longer than the patience',
    storage: { busyTimeoutMs: 0 },
    cause: (file) => holdWriteLock(file).release,
    words: /journal\.db: the database stayed locked/,
  },
  {
    name: 'read-only',
    cause: (file) => {
      setWritable(file, false);
      return () => setWritable(file, true);
    },
    words: /journal\.db: the database cannot be written/,
  },
  {
    name: 'on a full disk',
    storage: { maxPages: 1 },
    cause: () => () => undefined,
    words: /journal\.db: the disk is full/,
  },
  {
    name: 'damaged in a table it needs',
    cause: (file) => corruptThenMend(file, () => corruptTable(file, 'payload')),
    words: /journal\.db: the database is damaged/,
  },
  {
    name: 'no database any more',
    cause: (file) => corruptThenMend(file, () => corruptHeader(file)),
    words: /journal\.db: the database is damaged/,
  },
  {
    name: 'of a newer redrain',
    cause: (file) => {
      markAsNewer(file, SCHEMA_VERSION + 1);
      return () => markAsNewer(file, SCHEMA_VERSION);
    },
    words: /journal\.db was written by a newer redrain/,
  },
];

/** Ways in which the spool cannot be written either. */
const SPOOL_TROUBLES: [name: string, cause: (spoolDir: string) => void][] = [
  ['there is a file in its place', putFileInPlaceOf],
  ['the disk is full', () => failAt('spool.write', 'ENOSPC')],
  ['the disk fails after the bytes', () => failAt('spool.written', 'EIO')],
  ['the disk fails after the rename', () => failAt('spool.renamed', 'EIO')],
];

describe('capture while the journal is', () => {
  for (const trouble of TROUBLES) {
    describe(trouble.name, () => {
      it('puts the whole group in the spool, and in the journal once it can', async () => {
        const { app, fix } = await givenTrouble(trouble);
        const verdicts = await captureThree(app);
        expect(verdicts.map(({ kind }) => kind)).to.deep.equal(['spooled', 'spooled', 'spooled']);
        expect(spooledIds(app)).to.deep.equal([['a', 'b', 'c']]);
        await app.close();
        fix();
        expect(await idsAfterIngestion(app)).to.deep.equal(['before', 'a', 'b', 'c']);
      });

      for (const [name, cause] of SPOOL_TROUBLES) {
        it(`names what is lost when ${name} in the spool`, async () => {
          const { app } = await givenTrouble(trouble);
          cause(app.paths.spoolDir);
          const verdicts = await captureThree(app);
          expect(
            verdicts.map((verdict) => [verdict.kind, 'eventId' in verdict && verdict.eventId]),
          ).to.deep.equal([
            ['lost', 'a'],
            ['lost', 'b'],
            ['lost', 'c'],
          ]);
          const [first] = verdicts;
          expect(first?.kind === 'lost' && first.reason).to.match(trouble.words);
          expect(first?.kind === 'lost' && first.reason).to.contain('spool: ');
        });
      }
    });
  }
});

describe('capture while the targets of the journal are damaged', () => {
  it('goes on: what it notes beside a fact must not keep the fact out', async () => {
    const { home, file } = await givenJournal();
    corruptTable(file, 'sqlite_autoindex_target_1');
    const verdicts = await captureThree(givenApp(home));
    expect(verdicts.map(({ kind }) => kind)).to.deep.equal(['captured', 'captured', 'captured']);
  });
});

describe('capture on a disk that fills up in the middle of a group', () => {
  it('leaves nothing of the group in the journal, and all of it in the spool', async () => {
    const { home } = await givenJournal();
    const pages = pageCount(home);
    const app = givenApp(home, { maxPages: pages + 8 });
    const texts = newEvents(400).map((event) => event.bytes);
    const verdicts = await app.captureGroup(texts.map((bytes) => ({ bytes })));
    expect(new Set(verdicts.map(({ kind }) => kind))).to.deep.equal(new Set(['spooled']));
    await app.close();
    const core = await openCore(home);
    expect(rows(core, 'SELECT event_id FROM event')).to.deep.equal([{ event_id: 'before' }]);
    assertLedgerInvariant(core);
    expect(spooledIds(app)[0]).to.have.length(400);
    await givenApp(home).ingestSpool();
    expect(rows(core, 'SELECT event_id FROM event')).to.have.length(401);
    assertLedgerInvariant(core);
  });

  it('tells no caller of a shared group that it succeeded', async () => {
    const { home } = await givenJournal();
    const app = givenApp(home, { maxPages: pageCount(home) + 8 });
    putFileInPlaceOf(app.paths.spoolDir);
    const texts = newEvents(400).map((event) => event.bytes);
    const verdicts = await app.captureGroup(texts.map((bytes) => ({ bytes })));
    expect(new Set(verdicts.map(({ kind }) => kind))).to.deep.equal(new Set(['lost']));
    await app.close();
    const core = await openCore(home);
    expect(rows(core, 'SELECT event_id FROM event')).to.deep.equal([{ event_id: 'before' }]);
  });
});

describe('capture whose journal fails right after its commit', () => {
  it('has the events twice on disk and once in the journal', async () => {
    const { home } = await givenJournal();
    const app = givenApp(home);
    failAt('journal.appended', 'EIO');
    expect((await captureThree(app)).map(({ kind }) => kind)).to.deep.equal([
      'spooled',
      'spooled',
      'spooled',
    ]);
    failAt('nowhere', 'EIO');
    expect(await idsAfterIngestion(app)).to.deep.equal(['before', 'a', 'b', 'c']);
    const core = await openCore(home);
    expect(rows(core, 'SELECT * FROM conflict')).to.deep.equal([]);
  });
});

async function givenTrouble(trouble: Trouble): Promise<{ app: App; fix: () => void }> {
  const { home, file } = await givenJournal();
  const fix = trouble.cause(file) ?? (() => undefined);
  return { app: givenApp(home, trouble.storage), fix };
}

/** A closed journal with one event, and a target that capture looks up. */
async function givenJournal(): Promise<{ home: string; file: string }> {
  const home = temporaryHome();
  const config = '[sync]\nmode = "EXTERNAL_RECEIVER"\n[sync.external]\nendpoint = "stub:a"\n';
  writeFileSync(join(home, 'config.toml'), config);
  const core = await openCore(home);
  await core.journal.append(newEvents(1, 'before').map(named('before')), 'capture');
  core.db.close();
  return { home, file: core.file };
}

const named =
  (eventId: string) =>
  (event: ReturnType<typeof newEvents>[number]): typeof event => ({ ...event, eventId });

function givenApp(home: string, storage?: AppOptions['storage']): App {
  const app = new App({ home, env: {}, ...(storage === undefined ? {} : { storage }) });
  closeAfterTest(() => app.close());
  return app;
}

/** Each is larger than a page, so that a full disk has no room for any. */
function captureThree(app: App): Promise<CaptureVerdict[]> {
  const text = 'x'.repeat(6_000);
  const inputs = ['a', 'b', 'c'].map((id) => ({
    bytes: Buffer.from(`{"event_id":"${id}","event_type":"T","text":"${text}"}`),
  }));
  return app.captureGroup(inputs);
}

function spooledIds(app: App): string[][] {
  const { spoolDir } = app.paths;
  return readdirSync(spoolDir).map((name) => {
    const { events, problems } = decodeSpool(readFileSync(join(spoolDir, name)));
    expect(problems).to.deep.equal([]);
    return events.map((event) => event.eventId);
  });
}

/** What is in the journal once the next process has come by, and gone by once more. */
async function idsAfterIngestion({ paths }: App): Promise<string[]> {
  const next = givenApp(paths.home);
  await next.ingestSpool();
  await next.ingestSpool();
  const core = await openCore(paths.home);
  assertLedgerInvariant(core);
  expect(readdirSync(paths.spoolDir)).to.deep.equal([]);
  return rows<{ id: string }>(core, 'SELECT event_id AS id FROM event ORDER BY seq').map(
    ({ id }) => id,
  );
}

/** The fix is to put back the copy that was made before. */
function corruptThenMend(file: string, corrupt: () => void): () => void {
  const whole = readFileSync(file);
  corrupt();
  return () => {
    for (const suffix of ['-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
    writeFileSync(file, whole);
  };
}

function pageCount(home: string): number {
  const db = new Database(join(stateOf(home), 'journal.db'));
  const pages = db.pragma('page_count', { simple: true }) as number;
  db.close();
  return pages;
}
