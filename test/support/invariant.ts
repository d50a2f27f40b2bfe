import { expect } from 'chai';
import { causeOf } from '../../src/ledger/cause-text.js';
import type { JournalDatabase } from '../../src/postgres/journal-database.js';
import { type Core, rows } from './core.js';

/** Rows of a statement. */
type Rows = readonly Readonly<Record<string, unknown>>[];

/** How an engine reads the ranges of a flight `f`: a FROM item `r`, and the ends of one. */
interface Dialect {
  readonly ranges: string;
  readonly first: string;
  readonly last: string;
  /** The last number whose event is filed: it has its row in `live`, and is in the counters. */
  readonly filed: string;
}

const SQLITE: Dialect = {
  ranges: 'json_each(f.seqs) r',
  first: 'r.value ->> 0',
  last: 'r.value ->> 1',
  filed: '(SELECT seq FROM filed)',
};

const POSTGRES: Dialect = {
  ranges: 'jsonb_array_elements(f.seqs::jsonb) r',
  first: '(r ->> 0)::bigint',
  last: '(r ->> 1)::bigint',
  // Every event is filed as it is captured.
  filed: '(SELECT seq FROM head)',
};

/**
 * What must hold after every scenario: a live event at or below
 * its lane's cursor has a delivery, a todo or a flight entry; a delivery may
 * be selected again exactly when it has a todo; counters equal a recount.
 */
export function assertLedgerInvariant(core: Pick<Core, 'db'>): void {
  const statements = Object.entries(statementsOf(SQLITE));
  judge(Object.fromEntries(statements.map(([name, sql]) => [name, rows(core, sql)])));
}

/** The same of a journal on PostgreSQL. */
export async function assertLedgerInvariantOn(db: JournalDatabase): Promise<void> {
  const found: Record<string, Rows> = {};
  await db.read(async (queries) => {
    for (const [name, sql] of Object.entries(statementsOf(POSTGRES)))
      found[name] = await queries.all(sql);
  });
  judge(found);
}

type Results = Readonly<Record<string, Rows>>;

function judge(found: Results): void {
  const none = (name: string, what: string): void => {
    expect(found[name], what).to.deep.equal([]);
  };
  none('forgotten', 'events behind a cursor that no row names');
  none('wrongTodos', 'todos that contradict their delivery');
  expect(found.countedDeliveries, 'ledger counters').to.deep.equal(found.realDeliveries);
  expect(found.countedExclusions, 'excluded events').to.deep.equal(found.realExclusions);
  none('earlyTodos', 'excluded events that would be sent');
  none('wrongTotals', 'rows of the ledger, counted twice');
  none('wrongClasses', 'classes that contradict what is stored');
  assertCauses(
    found.undelivered as unknown as Undelivered[],
    found.causes as unknown as CauseRow[],
  );
  expect(found.countedEvents, 'journal counters').to.deep.equal(found.realEvents);
}

/** Each undelivered live event has one cause, and no text is said of more events than carry it. */
function assertCauses(undelivered: readonly Undelivered[], causes: readonly CauseRow[]): void {
  const real = new Map<string, number>();
  const sums = new Map<string, number>();
  for (const { target_id, status, last_error } of undelivered)
    for (const [counts, key] of [
      [real, `${target_id} ${status} ${causeOf(last_error)}`],
      [sums, `${target_id} ${status}`],
    ] as const)
      counts.set(key, (counts.get(key) ?? 0) + 1);
  for (const { target_id, status, text, events } of causes) {
    const key = `${target_id} ${status}`;
    expect(events, `cause ${key} ${text}`).to.be.at.least(1);
    if (text !== '') expect(events).to.be.at.most(real.get(`${key} ${text}`) ?? 0);
    sums.set(key, (sums.get(key) ?? 0) - events);
  }
  const wrong = [...sums].filter(([, left]) => left !== 0);
  expect(wrong, 'events without a cause, or causes without an event').to.deep.equal([]);
}

interface CauseRow {
  readonly target_id: number;
  readonly status: string;
  readonly text: string;
  readonly events: number;
}

interface Undelivered {
  readonly target_id: number;
  readonly status: string;
  readonly last_error: string | null;
}

/** Every statement, in words that both engines know but for the ranges of a flight. */
function statementsOf(dialect: Dialect): Readonly<Record<string, string>> {
  const unnamed = (target: string, seq: string): string => `
    NOT EXISTS (SELECT 1 FROM delivery d WHERE d.target_id = ${target} AND d.seq = ${seq})
    AND NOT EXISTS (SELECT 1 FROM flight f, ${dialect.ranges}
      WHERE f.target_id = ${target} AND ${seq} BETWEEN ${dialect.first} AND ${dialect.last})`;
  return {
    forgotten: `
      SELECT l.target_id, v.seq FROM lane l JOIN target g ON g.id = l.target_id
      JOIN live v ON v.origin_id = l.origin_id AND v.seq <= l.cursor AND v.seq >= g.start_seq
      WHERE ${unnamed('l.target_id', 'v.seq')}
        AND NOT EXISTS (SELECT 1 FROM todo t WHERE t.target_id = l.target_id AND t.seq = v.seq)`,
    /** Live, before the first event a target gets, and nothing there names them. */
    realExclusions: `
      SELECT g.id AS target_id, v.origin_id, count(*) AS events
      FROM target g JOIN live v ON v.seq < g.start_seq WHERE ${unnamed('g.id', 'v.seq')}
      GROUP BY 1, 2 ORDER BY 1, 2`,
    earlyTodos: `
      SELECT g.id AS target_id, t.seq FROM todo t JOIN target g ON g.id = t.target_id AND t.seq < g.start_seq
      WHERE ${unnamed('g.id', 't.seq')}`,
    wrongTodos: WRONG_TODOS,
    countedDeliveries: COUNTED_DELIVERIES,
    realDeliveries: REAL_DELIVERIES,
    countedExclusions: COUNTED_EXCLUSIONS,
    wrongTotals: WRONG_TOTALS,
    wrongClasses: wrongClasses(dialect),
    countedEvents: countedEvents(dialect),
    realEvents: REAL_EVENTS,
    undelivered: UNDELIVERED,
    causes: 'SELECT target_id, status, text, events FROM cause',
  };
}

const UNDELIVERED = `
  SELECT d.target_id, d.status, d.last_error FROM delivery d JOIN event e USING (seq)
  JOIN live v ON v.seq = d.seq AND v.origin_id = e.origin_id
  WHERE d.status IN ('rejected', 'failed_transient', 'terminal_failed')`;

const WRONG_TODOS = `
  SELECT d.target_id, d.seq, d.status FROM delivery d
  JOIN live v ON v.seq = d.seq
  LEFT JOIN todo t ON t.target_id = d.target_id AND t.seq = d.seq
  WHERE (t.seq IS NOT NULL AND t.replay = 0)
     <> (d.status IN ('pending', 'rejected', 'failed_transient'))`;

const COUNTED_DELIVERIES = `
  SELECT target_id, origin_id, class, status, events FROM ledger_count WHERE events <> 0
  ORDER BY 1, 2, 3, 4`;

const REAL_DELIVERIES = `
  SELECT d.target_id, e.origin_id, COALESCE(m.class, 'live') AS class, d.status, count(*) AS events
  FROM delivery d JOIN event e USING (seq) LEFT JOIN mark m USING (seq)
  GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`;

const COUNTED_EXCLUSIONS = `
  SELECT target_id, origin_id, events FROM exclusion WHERE events <> 0 ORDER BY 1, 2`;

const WRONG_TOTALS = `
  SELECT id, delivery_rows FROM target t
  WHERE delivery_rows <> (SELECT count(*) FROM delivery d WHERE d.target_id = t.id)`;

/** In how many ways an event may come to be selected: by its row in `live`, or as it is not filed yet. */
const ways = ({ filed }: Dialect): string =>
  `CASE WHEN v.seq IS NULL THEN 0 ELSE 1 END + CASE WHEN e.seq > ${filed} THEN 1 ELSE 0 END`;

/** Live without a mark, in one way; bytes gone behind a record of the right kind, nothing dead among the todos. */
const wrongClasses = (dialect: Dialect): string => `
  SELECT e.seq, m.class, g.kind, p.seq IS NOT NULL AS present FROM event e
  LEFT JOIN mark m ON m.seq = e.seq LEFT JOIN purge g ON g.seq = e.seq
  LEFT JOIN payload p ON p.seq = e.seq
  LEFT JOIN live v ON v.seq = e.seq AND v.origin_id = e.origin_id
  WHERE CASE WHEN m.seq IS NULL THEN 1 ELSE 0 END <> ${ways(dialect)}
    OR (p.seq IS NULL) <> (g.seq IS NOT NULL)
    OR (m.class = 'archived' AND g.kind IS DISTINCT FROM 'archive')
    OR (m.class = 'purged' AND g.kind IS DISTINCT FROM 'gc')
    OR (m.class = 'redacted' AND g.kind IS DISTINCT FROM 'redact')
    OR (m.seq IS NOT NULL AND EXISTS (SELECT 1 FROM todo t WHERE t.seq = e.seq))`;

const countedEvents = ({ filed }: Dialect): string => `
  SELECT origin_id, class, sum(events) AS events, sum(retained) AS retained, sum(bytes) AS bytes
  FROM (SELECT * FROM journal_count
    UNION ALL SELECT origin_id, 'live', 1, 1, size FROM event WHERE seq > ${filed}) c
  GROUP BY 1, 2 HAVING sum(events) <> 0 ORDER BY 1, 2`;

const REAL_EVENTS = `
  SELECT e.origin_id, COALESCE(m.class, 'live') AS class, count(*) AS events,
    count(p.seq) AS retained, COALESCE(sum(length(p.bytes)), 0) AS bytes
  FROM event e LEFT JOIN mark m USING (seq) LEFT JOIN payload p USING (seq)
  GROUP BY 1, 2 ORDER BY 1, 2`;
