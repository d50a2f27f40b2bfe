import type { Core } from './core.js';

/** Tables that grow with the journal or the ledger: a scan of one costs what history is long. */
const LONG_TABLES = [
  'event',
  'payload',
  'live',
  'mark',
  'delivery',
  'delivery_history',
  'todo',
  'post',
];

/** The steps of a statement that walk through a whole long table. */
export function longScans(core: Pick<Core, 'db'>, sql: string): string[] {
  const long = new Set(LONG_TABLES.flatMap((table) => [table, ...aliasesOf(table, sql)]));
  return planOf(core, sql).filter((step) => long.has(/^SCAN (\w+)/.exec(step)?.[1] ?? ''));
}

/** The short names a statement gives to a table. */
function aliasesOf(table: string, sql: string): string[] {
  const named = sql.matchAll(new RegExp(`\\b${table} (\\w)\\b`, 'g'));
  return [...named].map(([, alias]) => alias ?? '');
}

/** What SQLite is going to do, one line a step. */
export function planOf({ db }: Pick<Core, 'db'>, sql: string): string[] {
  const named = [...sql.matchAll(/@(\w+)/g)].map(([, name]) => [name, '[]']);
  const places = [...sql.matchAll(/\?/g)].map(() => '[]');
  const values = [places, Object.fromEntries(named)].filter((some) => Object.keys(some).length > 0);
  return db.read((connection) =>
    (connection.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values) as { detail: string }[]).map(
      ({ detail }) => detail,
    ),
  );
}
