import type { EventState } from '../../reports/event-list.js';
import type { Way } from '../../reports/event-page.js';
import { COLUMNS, CONDITION } from './event-list.sql.js';

const DELIVERY = 'd.target_id = @targetId AND d.seq';
const NAMED = `(SELECT value AS seq FROM json_each(@named) WHERE value < @before AND value >= @from)`;
/** What is selected again some day, and what is on the wire. */
const UNSETTLED = `(SELECT seq FROM todo WHERE target_id = @targetId AND seq < @before AND seq >= @from
    UNION SELECT value FROM json_each(@named) WHERE value < @before AND value >= @from)`;

/** Where the rows come from, and the column they are read along. */
const SOURCE: Readonly<Record<Way, readonly [tables: string, key: string]>> = {
  events: [`event e LEFT JOIN delivery d ON ${DELIVERY} = e.seq`, 'e.seq'],
  deliveries: [`delivery d CROSS JOIN event e ON e.seq = d.seq AND ${DELIVERY} = e.seq`, 'd.seq'],
  marks: [
    `mark m CROSS JOIN event e ON e.seq = m.seq LEFT JOIN delivery d ON ${DELIVERY} = e.seq`,
    'm.seq',
  ],
  unsettled: [
    `${UNSETTLED} q CROSS JOIN event e ON e.seq = q.seq CROSS JOIN delivery d ON ${DELIVERY} = q.seq`,
    'q.seq',
  ],
  named: [
    `${NAMED} q CROSS JOIN event e ON e.seq = q.seq LEFT JOIN delivery d ON ${DELIVERY} = q.seq`,
    'q.seq',
  ],
};

/** The newest events of a stretch of the journal: `@from` to before `@before`. */
export function page(state: EventState | undefined, way: Way, conditions: string): string {
  const [tables, key] = SOURCE[way];
  const mark = way === 'marks' ? '' : 'LEFT JOIN mark m ON m.seq = e.seq';
  const live = way === 'unsettled' ? ' AND m.seq IS NULL' : '';
  const wanted = state === undefined ? '' : ` AND ${CONDITION[state]}`;
  return `SELECT ${COLUMNS} FROM ${tables} CROSS JOIN origin o ON o.id = e.origin_id ${mark}
    LEFT JOIN todo t ON t.target_id = @targetId AND t.seq = e.seq
    WHERE ${key} < @before AND ${key} >= @from${wanted}${live}${conditions}
    ORDER BY ${key} DESC LIMIT @page + 0`;
}

/** Failures for good at a target, at most `@most`: where these are few, they are all read at once. */
export const TERMINAL_SEQS = `
  SELECT seq FROM delivery INDEXED BY ix_delivery_terminal
  WHERE status = 'terminal_failed' AND target_id = @targetId LIMIT @most + 0`;
