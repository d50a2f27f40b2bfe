import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { App } from '../../src/app/app.js';
import { verify } from '../../src/app/verify.js';
import { Spool } from '../../src/journal/spool.js';
import { ArchiveDirectory } from '../../src/retention/archive-directory.js';
import { readManifest } from '../../src/retention/archive-manifest.js';
import { checkArchive, readRecords } from '../../src/retention/archive-reader.js';
import { sha256 } from '../processes/journal-rows.js';
import { openCore } from '../support/core.js';
import { assertLedgerInvariant } from '../support/invariant.js';
import { stateOf } from '../support/temporary-home.js';

/** One number out of a home's journal; 0 while there is no journal, or no such table in it. */
export function counted(home: string, sql: string): number {
  try {
    const db = new Database(join(stateOf(home), 'journal.db'), { readonly: true });
    try {
      return db.prepare<[], number>(sql).pluck().get() ?? 0;
    } finally {
      db.close();
    }
  } catch (error) {
    if (/no such table|does not exist|unable to open/.test((error as Error).message)) return 0;
    throw error;
  }
}

export const journalled = (home: string): number =>
  counted(home, 'SELECT count(*) FROM event JOIN payload USING (seq)');

export const delivered = (home: string): number =>
  counted(home, "SELECT count(*) FROM delivery WHERE status IN ('success', 'duplicate')");

export const spooled = (home: string): number => spoolOf(home).waiting().events;

export const spoolOf = (home: string): Spool => new Spool(join(stateOf(home), 'spool'));

const TEMPORARY = /\.tmp$|\.redrain-|(^|\/)scratch(\/|$)/;

/** Unfinished files anywhere in a home, by names that are the same each time. */
export function temporaries(home: string): string[] {
  const names = readdirSync(home, { recursive: true }) as string[];
  return names
    .filter((name) => TEMPORARY.test(name) && !/^redrain\/scratch\/./.test(name))
    .map(tamed);
}

/** Without what differs from run to run: ids, times, process numbers. */
const tamed = (name: string): string =>
  name
    .replace(/archive-\w+-\d+-\w+/, 'archive-ID')
    .replace(/[0-9A-HJKMNP-TV-Z]{26}/, 'ID')
    .replace(/\.redrain-.*/, '.redrain-ID');

/** Event id → digest of the bytes that a whole archive holds of it. */
export async function archivedDigests(home: string): Promise<Map<string, string>> {
  const directory = new ArchiveDirectory(join(stateOf(home), 'archive'));
  const found = new Map<string, string>();
  for (const path of directory.manifests()) {
    const manifest = readManifest(path);
    await checkArchive(path, manifest);
    for await (const { event_id, bytes } of readRecords(path, manifest))
      if (bytes !== null) found.set(event_id, sha256(bytes));
  }
  return found;
}

/** `redrain verify`, and the invariant of the ledger beside it, which shares no code with it. */
export async function assertBelievable(home: string, when: string): Promise<void> {
  const app = new App({ home, env: {} });
  const control = { signal: new AbortController().signal, progress: () => undefined };
  const report = await verify(app, control);
  await app.close();
  expect(report.ok, `${when}: ${report.verdict}`).to.equal(true);
  const core = await openCore(home);
  assertLedgerInvariant(core);
  core.db.close();
}
