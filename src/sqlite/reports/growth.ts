import type { Growth } from '../../reports/growth.js';
import type { JournalDatabase } from '../journal-database.js';
import { firstSince } from '../ledger/start.js';
import * as sql from './status.sql.js';

/** Inside a read that the caller holds. */
export function readGrowth(db: JournalDatabase, moments: readonly number[]): Growth {
  const { events } = db.statement(sql.EVENTS_EVER).get() as { events: number };
  const span = db.statement(sql.SPAN).get() as Pick<Growth, 'firstAt' | 'lastAt'>;
  return { events, ...span, before: moments.map((at) => firstSince(db, at, events) - 1) };
}
