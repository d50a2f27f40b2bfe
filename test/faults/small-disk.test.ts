import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { App, type AppOptions } from '../../src/app/app.js';
import { runArchive } from '../../src/app/archive.js';
import { migrate } from '../../src/app/spec-kitty/migrate.js';
import { StorageUnavailableError } from '../../src/files/storage-errors.js';
import { envelopes, sendTo } from '../processes/given-events.js';
import { payloadDigests, sha256 } from '../processes/journal-rows.js';
import { NO_CONTROL } from '../retention/given-journal.js';
import { givenHome, oldEvents, writeQueue } from '../spec-kitty/legacy/old-queues.js';
import { type Cli } from '../support/cli.js';
import { rounds } from '../support/rounds.js';
import { ScriptedReceiver } from '../support/scripted-receiver.js';
import { stateOf } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';
import { archivedDigests, assertBelievable, counted, delivered } from './home-state.js';

/** Room in pages: from none at all to enough; each step of a drain is the one that meets the end. */
const ROOM = rounds(
  [0, 1, 3, 8],
  Array.from({ length: 40 }, (_, pages) => pages),
);
const LINES = envelopes(250);
const PASS = { ignoreBackoff: true, waitForLock: true, signal: new AbortController().signal };

async function given(lines: readonly string[]): Promise<Cli> {
  const cli = new WarmCli();
  sendTo(cli, 'stub:', { maxEvents: 50 });
  await on(cli, {}, (app) => app.captureGroup(lines.map((line) => ({ bytes: Buffer.from(line) }))));
  return cli;
}

async function on<T>(cli: Cli, options: AppOptions, work: (app: App) => Promise<T>): Promise<T> {
  const app = new App({ home: cli.home, env: {}, ...options });
  try {
    return await work(app);
  } finally {
    await app.close();
  }
}

/** True when it came through; a full disk is the only excuse. */
async function comesThrough(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    expect(error).to.be.instanceOf(StorageUnavailableError);
    expect(error).to.include({ trouble: 'full' });
    return false;
  }
}

function pagesOf(cli: Cli): number {
  const db = new Database(join(stateOf(cli.home), 'journal.db'));
  const pages = db.pragma('page_count', { simple: true }) as number;
  db.close();
  return pages;
}

/** No room, little room, enough: answers how often it came through at once. */
async function withLittleRoom(
  prepare: () => Promise<Cli>,
  act: (cli: Cli, options: AppOptions) => Promise<unknown>,
  check: (cli: Cli) => void | Promise<void>,
): Promise<void> {
  let failed = 0;
  for (const room of ROOM) {
    const cli = await prepare();
    const storage = { maxPages: pagesOf(cli) + room };
    if (!(await comesThrough(act(cli, { storage })))) failed += 1;
    await assertBelievable(cli.home, `with room for ${room} pages`);
    expect(await comesThrough(act(cli, {})), 'with all the room').to.equal(true);
    await check(cli);
    await assertBelievable(cli.home, `with all the room, after ${room} pages`);
  }
  expect(failed, 'disks that were too small').to.be.above(0);
}

describe('a database that may not grow any more', function () {
  this.timeout(rounds(60_000, 600_000));

  it('stops a drain, which posts again what it could not write down', async () => {
    const receiver = new ScriptedReceiver();
    await withLittleRoom(
      () => given(LINES),
      (cli, options) => on(cli, { ...options, receiver: () => receiver }, (app) => app.drain(PASS)),
      (cli) => {
        expect(new Set(receiver.posts.splice(0).flat()).size).to.equal(LINES.length);
        expect(delivered(cli.home)).to.equal(LINES.length);
      },
    );
  });

  it('stops a migration between two whole files', async () => {
    const old = oldEvents(120);
    await withLittleRoom(
      async () => {
        const cli = await given([]);
        writeQueue(givenHome(cli.home).legacyQueue, { rows: old });
        return cli;
      },
      (cli, options) => on(cli, options, (app) => migrate(app)),
      (cli) => {
        expect([...payloadDigests(cli.home).values()]).to.deep.equal(
          old.map(({ data }) => sha256(data)),
        );
      },
    );
  });

  it('stops an archive before anything relies on it', async () => {
    await withLittleRoom(
      async () => {
        const cli = await given(LINES);
        const receiver = new ScriptedReceiver();
        await on(cli, { receiver: () => receiver }, (app) => app.drain(PASS));
        return cli;
      },
      (cli, options) =>
        on(cli, options, (app) => runArchive(app, { includeUndelivered: false }, NO_CONTROL)),
      async (cli) => {
        expect((await archivedDigests(cli.home)).size).to.equal(LINES.length);
        expect(counted(cli.home, "SELECT count(*) FROM purge WHERE kind = 'archive'")).to.equal(
          LINES.length,
        );
      },
    );
  });
});
