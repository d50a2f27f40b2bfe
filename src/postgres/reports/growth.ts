import type { Growth } from '../../reports/growth.js';
import { FIRST_SINCE } from '../ledger/start.sql.js';
import type { Queries } from '../transaction.js';
import * as sql from './status.sql.js';

/** On one snapshot. */
export async function readGrowth(queries: Queries, moments: readonly number[]): Promise<Growth> {
  const total = await queries.get<{ events: number }>(sql.EVENTS_EVER);
  const span = await queries.get<Pick<Growth, 'firstAt' | 'lastAt'>>(sql.SPAN);
  const found = await queries.all<{ first: number }>(FIRST_SINCE, { moments });
  return {
    events: total?.events ?? 0,
    firstAt: span?.firstAt ?? null,
    lastAt: span?.lastAt ?? null,
    before: found.map(({ first }) => first - 1),
  };
}
