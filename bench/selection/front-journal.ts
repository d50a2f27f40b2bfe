import { hash } from 'node:crypto';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Address } from '../../src/address/address.js';
import { openRedrain } from '../../src/index.js';
import { configureConnection } from '../../src/sqlite/connection.js';
import { JournalDatabase } from '../../src/sqlite/journal-database.js';
import { SqliteLedger } from '../../src/sqlite/ledger/delivery-ledger.js';
import { SqliteTargets } from '../../src/sqlite/targets/registry.js';
import { projectUuids } from '../projects.js';
import { SAMPLE_REPO, sampleEvents } from '../sample-events.js';
import * as sql from './front.sql.js';

const PROJECTS = 20;
/** Behind the front: half of them in its projects, half in projects of their own. */
const NEWCOMERS = 6_000;
const TYPE = 'WPStatusChanged';
const HOUR_MS = 3_600_000;
const BYTES = Buffer.from('{}');
const DIGEST = hash('sha256', BYTES, 'buffer');
const CACHE_KIB = 262_144;

const FRONT_PROJECTS = projectUuids(PROJECTS, 1);
const FRESH_PROJECTS = projectUuids(PROJECTS, 2);
const IN_FRONT: ReadonlySet<string | null> = new Set(FRONT_PROJECTS);

/** True for the projects of the events in front. */
export function isFrontProject(projectUuid: string | null): boolean {
  return IN_FRONT.has(projectUuid);
}

/** How the events in front are kept from being sent; each is true of one target. */
export type Shape = 'delivered' | 'held' | 'not due' | 'archived';

/** A journal with many events in front of a few thousand new ones. */
export interface FrontJournal {
  readonly file: string;
  readonly front: number;
  readonly targets: Readonly<Record<Shape, number>>;
}

/** Makes one in which everything holds but `archived`, which `archiveFront` brings about. */
export async function fillFrontJournal(home: string, front: number): Promise<FrontJournal> {
  const file = join(home, 'journal.db');
  const db = await JournalDatabase.open(file);
  const targets = await registerTargets(db);
  db.close();
  quickly(file, (raw) => fill(raw, { file, front, targets }, Date.now()));
  await captureNewcomers(home);
  return { file, front, targets };
}

async function captureNewcomers(home: string): Promise<void> {
  const events = sampleEvents(NEWCOMERS, [...FRONT_PROJECTS, ...FRESH_PROJECTS]);
  const redrain = await openRedrain({ home, env: {} });
  await redrain.captureMany(events.map(({ bytes }) => bytes));
  await redrain.close();
}

/** Archives everything in front, for all targets. */
export function archiveFront({ file, front }: FrontJournal): void {
  quickly(file, (raw) => {
    const values = { now: Date.now(), digest: DIGEST, count: front, projects: PROJECTS };
    for (const statement of sql.ARCHIVE_FRONT) runNamed(raw, statement, values);
  });
}

async function registerTargets(db: JournalDatabase): Promise<Record<Shape, number>> {
  const registry = new SqliteTargets(db);
  const register = async (name: string): Promise<number> => {
    const url = `http://127.0.0.1/${name}`;
    const key = { urlHash: name, teamSlug: '', userEmail: '' };
    const address = { kind: 'external', canonicalUrl: url, rawEndpoint: new Address(url) } as const;
    const target = await registry.ensure({ ...key, ...address, settings: {} }, Date.now());
    return target.id;
  };
  const targets = {
    delivered: await register('delivered'),
    held: await register('held'),
    'not due': await register('not-due'),
    archived: await register('archived'),
  };
  // The pass that failed them all: a todo has the number of a pass.
  const ledger = new SqliteLedger(db);
  await ledger.beginPass(await ledger.takeLease(targets['not due'], 'bench'), Date.now());
  return targets;
}

function fill(raw: Database.Database, { front, targets }: FrontJournal, now: number): void {
  const bytes = { bytes: BYTES, size: BYTES.length, digest: DIGEST };
  const projects = JSON.stringify(FRONT_PROJECTS);
  runNamed(raw, sql.FRONT_ORIGINS, { projects, repo: SAMPLE_REPO, type: TYPE });
  runNamed(raw, sql.FRONT_EVENTS, { count: front, projects: PROJECTS, now, type: TYPE, ...bytes });
  for (const statement of [sql.FRONT_PAYLOADS, sql.FRONT_LIVE, sql.FRONT_COUNTS, sql.FRONT_FILED])
    runNamed(raw, statement, bytes);
  const delivered = { targetId: targets.delivered, now, status: 'success' };
  for (const statement of [sql.PASS_FRONT, sql.DELIVER_FRONT, ...sql.COUNT_FRONT])
    runNamed(raw, statement, delivered);
  const retried = { targetId: targets['not due'], now, status: 'failed_transient' };
  const due = { dueAt: now + HOUR_MS, passNo: 1 };
  for (const statement of [sql.PASS_FRONT, sql.FAIL_FRONT, sql.RETRY_FRONT, ...sql.COUNT_FRONT])
    runNamed(raw, statement, { ...retried, ...due });
}

/** One transaction without any fsync: nothing here has to outlive the process. */
function quickly(file: string, work: (raw: Database.Database) => void): void {
  const raw = new Database(file);
  try {
    configureConnection(raw);
    raw.pragma('synchronous = OFF');
    raw.pragma(`cache_size = -${CACHE_KIB}`);
    raw.transaction(() => work(raw)).immediate();
    raw.pragma('wal_checkpoint(TRUNCATE)');
  } finally {
    raw.close();
  }
}

/** The values a statement names; it refuses others. */
function runNamed(raw: Database.Database, text: string, values: Record<string, unknown>): void {
  const named = Object.entries(values).filter(([name]) => text.includes(`@${name}`));
  raw.prepare(text).run(Object.fromEntries(named));
}
