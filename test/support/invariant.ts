import { expect } from 'chai';
import { causeOf } from '../../src/ledger/cause-text.js';
import { type Core, rows } from './core.js';

/**
 * What must hold after every scenario: a live event at or below
 * its lane's cursor has a delivery, a todo or a flight entry; a delivery may
 * be selected again exactly when it has a todo; counters equal a recount.
 */
export function assertLedgerInvariant(core: Pick<Core, 'db'>): void {
  expect(rows(core, FORGOTTEN), 'events behind a cursor that no row names').to.deep.equal([]);
  expect(rows(core, WRONG_TODOS), 'todos that contradict their delivery').to.deep.equal([]);
  expect(rows(core, COUNTED_DELIVERIES), 'ledger counters').to.deep.equal(
    rows(core, REAL_DELIVERIES),
  );
  expect(rows(core, COUNTED_EXCLUSIONS), 'excluded events').to.deep.equal(
    rows(core, REAL_EXCLUSIONS),
  );
  expect(rows(core, EARLY_TODOS), 'excluded events that would be sent').to.deep.equal([]);
  expect(rows(core, WRONG_TOTALS), 'rows of the ledger, counted twice').to.deep.equal([]);
  expect(rows(core, WRONG_CLASSES), 'classes that contradict what is stored').to.deep.equal([]);
  assertCauses(core);
  expect(rows(core, COUNTED_EVENTS), 'journal counters').to.deep.equal(rows(core, REAL_EVENTS));
}

/** Each undelivered live event has one cause, and no text is said of more events than carry it. */
function assertCauses(core: Pick<Core, 'db'>): void {
  const real = new Map<string, number>();
  const sums = new Map<string, number>();
  for (const { target_id, status, last_error } of rows<Undelivered>(core, UNDELIVERED))
    for (const [counts, key] of [
      [real, `${target_id} ${status} ${causeOf(last_error)}`],
      [sums, `${target_id} ${status}`],
    ] as const)
      counts.set(key, (counts.get(key) ?? 0) + 1);
  for (const { target_id, status, text, events } of rows<CauseRow>(core, 'SELECT * FROM cause')) {
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

const UNDELIVERED = `
  SELECT d.target_id, d.status, d.last_error FROM delivery d JOIN event e USING (seq)
  JOIN live v ON v.seq = d.seq AND v.origin_id = e.origin_id
  WHERE d.status IN ('rejected', 'failed_transient', 'terminal_failed')`;

const FORGOTTEN = `
  SELECT l.target_id, v.seq FROM lane l JOIN target g ON g.id = l.target_id
  JOIN live v ON v.origin_id = l.origin_id AND v.seq <= l.cursor AND v.seq >= g.start_seq
  WHERE NOT EXISTS (SELECT 1 FROM delivery d WHERE d.target_id = l.target_id AND d.seq = v.seq)
    AND NOT EXISTS (SELECT 1 FROM todo t WHERE t.target_id = l.target_id AND t.seq = v.seq)
    AND NOT EXISTS (SELECT 1 FROM flight f, json_each(f.seqs) r
      WHERE f.target_id = l.target_id AND v.seq BETWEEN r.value ->> 0 AND r.value ->> 1)`;

const WRONG_TODOS = `
  SELECT d.target_id, d.seq, d.status FROM delivery d
  JOIN live v ON v.seq = d.seq
  LEFT JOIN todo t ON t.target_id = d.target_id AND t.seq = d.seq
  WHERE (t.seq IS NOT NULL AND NOT t.replay)
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

const UNNAMED = (seq: string): string => `
  NOT EXISTS (SELECT 1 FROM delivery d WHERE d.target_id = g.id AND d.seq = ${seq})
  AND NOT EXISTS (SELECT 1 FROM flight f, json_each(f.seqs) r
    WHERE f.target_id = g.id AND ${seq} BETWEEN r.value ->> 0 AND r.value ->> 1)`;

/** Live, before the first event a target gets, and nothing there names them. */
const REAL_EXCLUSIONS = `
  SELECT g.id AS target_id, v.origin_id, count(*) AS events
  FROM target g JOIN live v ON v.seq < g.start_seq WHERE ${UNNAMED('v.seq')}
  GROUP BY 1, 2 ORDER BY 1, 2`;

const EARLY_TODOS = `
  SELECT g.id AS target_id, t.seq FROM todo t JOIN target g ON g.id = t.target_id AND t.seq < g.start_seq
  WHERE ${UNNAMED('t.seq')}`;

const WRONG_TOTALS = `
  SELECT id, delivery_rows FROM target t
  WHERE delivery_rows <> (SELECT count(*) FROM delivery d WHERE d.target_id = t.id)`;

/** Live without a mark, bytes gone behind a record of the right kind, nothing dead among the todos. */
const WRONG_CLASSES = `
  SELECT e.seq, m.class, g.kind, p.seq IS NOT NULL AS present FROM event e
  LEFT JOIN mark m ON m.seq = e.seq LEFT JOIN purge g ON g.seq = e.seq
  LEFT JOIN payload p ON p.seq = e.seq
  LEFT JOIN live v ON v.seq = e.seq AND v.origin_id = e.origin_id
  WHERE (m.seq IS NULL) <> (v.seq IS NOT NULL)
    OR (p.seq IS NULL) <> (g.seq IS NOT NULL)
    OR (m.class = 'archived' AND g.kind IS NOT 'archive')
    OR (m.class = 'purged' AND g.kind IS NOT 'gc')
    OR (m.class = 'redacted' AND g.kind IS NOT 'redact')
    OR (m.seq IS NOT NULL AND EXISTS (SELECT 1 FROM todo t WHERE t.seq = e.seq))`;

const COUNTED_EVENTS = `
  SELECT origin_id, class, events, retained, bytes FROM journal_count WHERE events <> 0 ORDER BY 1, 2`;

const REAL_EVENTS = `
  SELECT e.origin_id, COALESCE(m.class, 'live') AS class, count(*) AS events,
    count(p.seq) AS retained, COALESCE(sum(length(p.bytes)), 0) AS bytes
  FROM event e LEFT JOIN mark m USING (seq) LEFT JOIN payload p USING (seq)
  GROUP BY 1, 2 ORDER BY 1, 2`;
