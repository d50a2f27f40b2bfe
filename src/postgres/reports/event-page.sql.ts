import type { EventState } from '../../reports/event-list.js';
import type { Way } from '../../reports/event-page.js';
import { BESIDE, COLUMNS, CONDITION, delivered, look, lookIfAny, MARK } from './event-list.sql.js';

const IN_STRETCH = 'seq < @before::bigint AND seq >= @from::bigint';
const NAMED = `(SELECT seq FROM unnest(@named::bigint[]) AS n (seq) WHERE ${IN_STRETCH})`;
/** What is selected again some day, and what is on the wire. */
const UNSETTLED = `(SELECT seq FROM todo WHERE target_id = @targetId::bigint AND ${IN_STRETCH}
    UNION SELECT seq FROM ${NAMED} named)`;

const event = (seq: string): string => look('event', 'e', `seq = ${seq}`);

/** Where the rows come from, and the column they are read along. */
const SOURCE: Readonly<Record<Way, readonly [tables: string, key: string]>> = {
  events: [`event e ${lookIfAny('delivery', 'd', delivered('e.seq'))} ${MARK}`, 'e.seq'],
  deliveries: [
    `(SELECT * FROM delivery WHERE target_id = @targetId::bigint AND ${IN_STRETCH}) d
      ${event('d.seq')} ${MARK}`,
    'd.seq',
  ],
  marks: [`mark m ${event('m.seq')} ${lookIfAny('delivery', 'd', delivered('e.seq'))}`, 'm.seq'],
  unsettled: [
    `${UNSETTLED} q ${event('q.seq')} ${look('delivery', 'd', delivered('q.seq'))} ${MARK}`,
    'q.seq',
  ],
  named: [
    `${NAMED} q ${event('q.seq')} ${lookIfAny('delivery', 'd', delivered('q.seq'))} ${MARK}`,
    'q.seq',
  ],
};

/** The newest events of a stretch of the journal: `@from` to before `@before`. */
export function page(state: EventState | undefined, way: Way, conditions: string): string {
  const [tables, key] = SOURCE[way];
  const live = way === 'unsettled' ? ' AND m.seq IS NULL' : '';
  const wanted = state === undefined ? '' : ` AND ${CONDITION[state]}`;
  return `SELECT ${COLUMNS} FROM ${tables} ${BESIDE}
    WHERE ${key} < @before::bigint AND ${key} >= @from::bigint${wanted}${live}${conditions}
    ORDER BY ${key} DESC LIMIT @page + 0`;
}

/** Failures for good at a target, at most `@most`: where these are few, they are all read at once. */
export const TERMINAL_SEQS = `
  SELECT seq FROM delivery
  WHERE status = 'terminal_failed' AND target_id = @targetId LIMIT @most + 0`;
