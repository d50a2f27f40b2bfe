import { hash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { type HomePaths, resolveHome } from '../../../src/config/home.js';
import { scopeDigest, scopeOf } from '../../../src/spec-kitty/scope.js';
import { temporaryHome } from '../../support/temporary-home.js';

/** The eras of Spec Kitty's schema; `bodies` is a file that only ever held the body queue. */
export type Era = 'A' | 'B' | 'C' | 'D' | 'E' | 'bodies';
export const ERAS: readonly Era[] = ['A', 'B', 'C', 'D', 'E'];

/** One row of an old queue; anything may be odd. */
export interface OldRow {
  readonly eventId: string | Buffer;
  readonly data: string | Buffer;
  readonly eventType?: string;
  readonly timestamp?: unknown;
  readonly retryCount?: unknown;
}

export interface OldQueue {
  readonly era?: Era;
  readonly rows?: readonly OldRow[];
  readonly bodyUploads?: number;
  readonly failures?: number;
}

const QUEUE = `CREATE TABLE queue (id INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT UNIQUE NOT NULL,
  event_type TEXT NOT NULL, data TEXT NOT NULL, timestamp INTEGER NOT NULL, retry_count INTEGER DEFAULT 0);
  CREATE INDEX idx_timestamp ON queue(timestamp); CREATE INDEX idx_retry ON queue(retry_count);`;
const COALESCING = `ALTER TABLE queue ADD COLUMN coalesce_key TEXT;
  CREATE INDEX idx_coalesce_key ON queue(coalesce_key);`;
const bodies = (slug: string, type: string): string => `CREATE TABLE body_upload_queue (
  id INTEGER PRIMARY KEY AUTOINCREMENT, project_uuid TEXT NOT NULL, ${slug} TEXT NOT NULL,
  target_branch TEXT NOT NULL, ${type} TEXT NOT NULL, content_body TEXT NOT NULL, created_at REAL NOT NULL);`;
const FAILURES = `CREATE TABLE body_upload_failure_log (
  id INTEGER PRIMARY KEY AUTOINCREMENT, project_uuid TEXT NOT NULL, failure_reason TEXT NOT NULL);`;

const OLD_BODIES = bodies('feature_slug', 'mission_key');
const NEW_BODIES = bodies('mission_slug', 'mission_type');
const SCHEMA: Readonly<Record<Era, string>> = {
  A: QUEUE,
  B: QUEUE + OLD_BODIES,
  C: QUEUE + COALESCING + OLD_BODIES,
  D: QUEUE + COALESCING + NEW_BODIES,
  E: QUEUE + COALESCING + NEW_BODIES + FAILURES,
  bodies: NEW_BODIES,
};

/** A home with nothing but room for old queues. */
export function givenHome(home = join(temporaryHome(), 'home')): HomePaths {
  const paths = resolveHome({ home, env: {} });
  mkdirSync(paths.queuesDir, { recursive: true });
  return paths;
}

/** The path of the scoped file of this identity. */
export function scopedFile(paths: HomePaths, server: string, user: string, team: string): string {
  return join(paths.queuesDir, `queue-${scopeDigest(scopeOf({ server, user, team }))}.db`);
}

/** Writes one old queue file as its program would have left it. */
export function writeQueue(file: string, { era = 'E', rows = [], ...more }: OldQueue): void {
  mkdirSync(dirname(file), { recursive: true });
  const db = new Database(file);
  db.pragma('journal_mode = DELETE');
  db.exec(SCHEMA[era]);
  if (rows.length > 0) addRows(db, rows);
  for (let i = 0; i < (more.bodyUploads ?? 0); i += 1) db.exec(bodyRow(era));
  for (let i = 0; i < (more.failures ?? 0); i += 1)
    db.exec(`INSERT INTO body_upload_failure_log (project_uuid, failure_reason) VALUES ('p', 'r')`);
  db.close();
}

const bodyRow = (era: Era): string =>
  `INSERT INTO body_upload_queue (project_uuid, ${era === 'B' || era === 'C' ? 'feature_slug' : 'mission_slug'},
    target_branch, ${era === 'B' || era === 'C' ? 'mission_key' : 'mission_type'}, content_body, created_at)
    VALUES ('p', 's', 'main', 't', 'body', 1.5)`;

export function addRows(db: Database.Database, rows: readonly OldRow[]): void {
  const insert = db.prepare(
    'INSERT INTO queue (event_id, event_type, data, timestamp, retry_count) VALUES (?, ?, ?, ?, ?)',
  );
  db.transaction(() => {
    for (const {
      eventId,
      data,
      eventType = 'WPCreated',
      timestamp = 1_770_000_000,
      retryCount = 0,
    } of rows)
      insert.run(eventId, eventType, data, timestamp, retryCount);
  })();
}

/** Adds rows to a file that exists already. */
export function appendRows(file: string, rows: readonly OldRow[]): void {
  const db = new Database(file);
  if (rows.length > 0) addRows(db, rows);
  db.close();
}

/** An event as Python's json.dumps wrote it. */
export function oldEvent(eventId: string, more: Readonly<Record<string, unknown>> = {}): OldRow {
  const event = {
    event_id: eventId,
    event_type: 'WPCreated',
    timestamp: '2026-02-02T02:40:06+00:00',
    ...more,
  };
  const members = Object.entries(event).map(([key, value]) => `"${key}": ${JSON.stringify(value)}`);
  return { eventId, data: `{${members.join(', ')}}` };
}

export function oldEvents(count: number, prefix = 'old', first = 1): OldRow[] {
  return Array.from({ length: count }, (_, i) => ({
    ...oldEvent(`${prefix}-${String(first + i).padStart(5, '0')}`, { filler: 'x'.repeat(400) }),
    timestamp: 1_770_000_000 + Math.floor(i / 3),
  }));
}

/** A file whose last transaction was cut short: half of it is in the file, the way back in `-journal`. */
export function writeHotQueue(file: string, rows: readonly OldRow[]): void {
  const origin = `${file}.origin`;
  writeQueue(origin, { rows });
  const db = new Database(origin);
  db.pragma('cache_size = 2');
  db.exec(`BEGIN; UPDATE queue SET data = 'torn ' || data, retry_count = 99`);
  copyFileSync(origin, file);
  copyFileSync(`${origin}-journal`, `${file}-journal`);
  db.exec('ROLLBACK');
  db.close();
  removeAll(origin);
}

/** A file in WAL mode whose later rows are only in its `-wal`. */
export function writeWalQueue(
  file: string,
  rows: readonly OldRow[],
  later: readonly OldRow[],
): void {
  const origin = `${file}.origin`;
  writeQueue(origin, { rows });
  const db = new Database(origin);
  db.pragma('journal_mode = WAL');
  db.pragma('wal_autocheckpoint = 0');
  addRows(db, later);
  copyFileSync(origin, file);
  copyFileSync(`${origin}-wal`, `${file}-wal`);
  db.close();
  removeAll(origin);
}

function removeAll(file: string): void {
  for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(file + suffix, { force: true });
}

/** Everything a person could see of the old files: names, contents, times. */
export function oldFilesOf(paths: HomePaths): Record<string, string> {
  const seen: Record<string, string> = {};
  for (const directory of [paths.home, paths.queuesDir]) {
    if (!existsSync(directory)) continue;
    for (const name of readdirSync(directory)) {
      const path = join(directory, name);
      const stat = statSync(path, { bigint: true });
      if (stat.isFile())
        seen[path.slice(paths.home.length + 1)] =
          `${hash('sha256', readFileSync(path))} ${stat.mtimeNs} ${stat.mode}`;
    }
  }
  return seen;
}
