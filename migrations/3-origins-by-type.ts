import type { MigrationInterface, QueryRunner } from 'typeorm';
import { TRIGGERS } from './1-journal-and-ledger.js';

const originTable = (name: string): string => `CREATE TABLE "${name}" (
    "id" integer PRIMARY KEY AUTOINCREMENT NOT NULL,
    "project_uuid" text NOT NULL,
    "repo_slug" text NOT NULL,
    "checkout" text NOT NULL,
    "event_type" text NOT NULL,
    CONSTRAINT "uq_origin" UNIQUE ("project_uuid", "repo_slug", "checkout", "event_type"))`;

const EXCLUSION = `CREATE TABLE "exclusion" (
    "target_id" integer NOT NULL,
    "origin_id" integer NOT NULL,
    "events" integer NOT NULL,
    PRIMARY KEY ("target_id", "origin_id")) WITHOUT ROWID`;

const TARGET_NAME = `CREATE UNIQUE INDEX "uq_target_name" ON "target" ("name")`;

/** What this migration adds; `amended` has what it changes. */
export const TYPE_TABLES: readonly string[] = [EXCLUSION, TARGET_NAME];

/** Columns that two tables get, behind those they have. */
const ADDED: Readonly<Record<string, readonly string[]>> = {
  target: ['"name" text', '"start_seq" integer NOT NULL DEFAULT (0)'],
  post: ['"requests" integer NOT NULL DEFAULT (1)'],
};

/** The tables of earlier migrations as this one leaves them. */
export function amended(tables: readonly string[]): string[] {
  return tables.map((text) => {
    const name = /^CREATE TABLE "(\w+)"/.exec(text)?.[1] ?? '';
    if (name === 'origin') return originTable('origin');
    const added = ADDED[name];
    if (added === undefined) return text;
    // SQLite puts them between the last column and the first constraint.
    const end = text.includes(',\n    CONSTRAINT')
      ? text.indexOf(',\n    CONSTRAINT')
      : text.length - 1;
    return `${text.slice(0, end)}, ${added.join(', ')}${text.slice(end)}`;
  });
}

/** How many events of each type an origin has: the commonest keeps its id, so that few rows change. */
const COUNT_TYPES = `
  CREATE TEMP TABLE type_of_origin AS
  SELECT origin_id, event_type,
    row_number() OVER (PARTITION BY origin_id ORDER BY count(*) DESC, event_type) AS place
  FROM event GROUP BY origin_id, event_type`;

/** The other types get origins of their own, with greater ids than any there was. */
const NAME_MOVED = [
  `CREATE TEMP TABLE moved (was integer NOT NULL, event_type text NOT NULL, id integer NOT NULL,
    PRIMARY KEY (was, event_type)) WITHOUT ROWID`,
  `INSERT INTO moved (was, event_type, id)
   SELECT origin_id, event_type, (SELECT max(id) FROM origin) + row_number() OVER (ORDER BY origin_id, place)
   FROM type_of_origin WHERE place > 1`,
];

const REBUILD_ORIGIN = [
  originTable('origin_by_type'),
  `INSERT INTO origin_by_type (id, project_uuid, repo_slug, checkout, event_type)
   SELECT o.id, o.project_uuid, o.repo_slug, o.checkout, COALESCE(t.event_type, '')
   FROM origin o LEFT JOIN type_of_origin t ON t.origin_id = o.id AND t.place = 1 ORDER BY o.id`,
  `INSERT INTO origin_by_type (id, project_uuid, repo_slug, checkout, event_type)
   SELECT m.id, o.project_uuid, o.repo_slug, o.checkout, m.event_type
   FROM moved m JOIN origin o ON o.id = m.was ORDER BY m.id`,
  'DROP TABLE origin',
  'ALTER TABLE origin_by_type RENAME TO origin',
];

const NO_UPDATE = TRIGGERS.find((text) => text.startsWith('CREATE TRIGGER event_no_update')) ?? '';

/** The type of an event says which origin it is of now. Its trigger is back before anybody else can write. */
const MOVE_EVENTS = [
  'DROP TRIGGER event_no_update',
  `UPDATE event SET origin_id = m.id FROM moved m
   WHERE m.was = event.origin_id AND m.event_type = event.event_type`,
  NO_UPDATE,
  `INSERT INTO live (origin_id, seq)
   SELECT e.origin_id, v.seq FROM live v JOIN event e ON e.seq = v.seq
   WHERE e.origin_id <> v.origin_id ORDER BY 1, 2`,
  `DELETE FROM live WHERE origin_id IN (SELECT was FROM moved)
   AND EXISTS (SELECT 1 FROM event e WHERE e.seq = live.seq AND e.origin_id <> live.origin_id)`,
  `UPDATE todo SET origin_id = (SELECT e.origin_id FROM event e WHERE e.seq = todo.seq)
   WHERE origin_id IN (SELECT was FROM moved)`,
  // Whatever was passed over with the old origin has its rows: the new one starts from there.
  `INSERT INTO lane (target_id, origin_id, cursor)
   SELECT l.target_id, m.id, l.cursor FROM moved m JOIN lane l ON l.origin_id = m.was`,
];

/** What moved is counted at its new origin and taken from the old one: a counter that was wrong stays wrong. */
const MOVE_COUNTS = [
  `INSERT INTO journal_count (origin_id, class, events, retained, bytes)
   SELECT e.origin_id, COALESCE(k.class, 'live'), count(*), sum(g.seq IS NULL),
     sum(CASE WHEN g.seq IS NULL THEN e.size ELSE 0 END)
   FROM event e LEFT JOIN mark k ON k.seq = e.seq LEFT JOIN purge g ON g.seq = e.seq
   WHERE e.origin_id IN (SELECT id FROM moved) GROUP BY 1, 2`,
  `INSERT INTO journal_count (origin_id, class, events, retained, bytes)
   SELECT m.was, c.class, -sum(c.events), -sum(c.retained), -sum(c.bytes)
   FROM moved m JOIN journal_count c ON c.origin_id = m.id WHERE true GROUP BY 1, 2
   ON CONFLICT (origin_id, class) DO UPDATE SET events = events + excluded.events,
     retained = retained + excluded.retained, bytes = bytes + excluded.bytes`,
  `INSERT INTO ledger_count (target_id, origin_id, class, status, events)
   SELECT d.target_id, e.origin_id, COALESCE(k.class, 'live'), d.status, count(*)
   FROM delivery d JOIN event e ON e.seq = d.seq LEFT JOIN mark k ON k.seq = d.seq
   WHERE e.origin_id IN (SELECT id FROM moved) GROUP BY 1, 2, 3, 4`,
  `INSERT INTO ledger_count (target_id, origin_id, class, status, events)
   SELECT c.target_id, m.was, c.class, c.status, -sum(c.events)
   FROM moved m JOIN ledger_count c ON c.origin_id = m.id WHERE true GROUP BY 1, 2, 3, 4
   ON CONFLICT (target_id, origin_id, class, status) DO UPDATE SET events = events + excluded.events`,
];

const CLEAR = ['DROP TABLE moved', 'DROP TABLE type_of_origin'];

/** Origins by event type, names of targets, the first event a target gets. `user_version` 3. */
export class OriginsByType1764200000003 implements MigrationInterface {
  readonly name = 'OriginsByType1764200000003';

  /** In one transaction, with foreign keys off, as TypeORM runs it; they are checked afterwards. */
  async up(runner: QueryRunner): Promise<void> {
    const run = async (statements: readonly string[]): Promise<void> => {
      for (const statement of statements) await runner.query(statement);
    };
    await run([COUNT_TYPES, ...NAME_MOVED, ...REBUILD_ORIGIN]);
    const some: unknown[] = await runner.query('SELECT 1 FROM moved LIMIT 1');
    if (some.length > 0) await run([...MOVE_EVENTS, ...MOVE_COUNTS]);
    for (const [table, columns] of Object.entries(ADDED))
      await run(columns.map((column) => `ALTER TABLE ${table} ADD COLUMN ${column}`));
    await run([...TYPE_TABLES, ...CLEAR]);
    await nameTargets(runner);
    await runner.query('PRAGMA user_version = 3');
  }

  async down(): Promise<void> {
    throw new Error('a journal is never taken back to an older schema: restore a backup instead');
  }
}

interface KnownTarget {
  readonly id: number;
  readonly label: string | null;
  readonly team_slug: string;
  readonly kind: string;
  readonly canonical_url: string;
}

const NAME = /^(?!\d+$)[a-z0-9][a-z0-9._-]{0,63}$/;

/** By its label where that can be a name; else by its team or host. */
async function nameTargets(runner: QueryRunner): Promise<void> {
  const targets: KnownTarget[] = await runner.query('SELECT * FROM target ORDER BY id');
  const taken = new Set<string>();
  for (const target of targets) {
    const wanted = wantedName(target);
    let name = wanted;
    for (let n = 2; taken.has(name); n += 1) name = `${wanted.slice(0, 56)}-${n}`;
    taken.add(name);
    await runner.query('UPDATE target SET name = ? WHERE id = ?', [name, target.id]);
  }
}

function wantedName({ label, kind, team_slug: team, canonical_url: url }: KnownTarget): string {
  if (label !== null && NAME.test(label)) return label;
  const host = /^https?:\/\/([^/?#]+)/.exec(url)?.[1] ?? url;
  const slug = (kind === 'teamspace' && team !== '' ? team : host)
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replaceAll(/^[^a-z0-9]+|[^a-z0-9]+$/g, '')
    .slice(0, 56);
  return NAME.test(slug) ? slug : `target-${slug}`.replace(/-$/, '');
}
