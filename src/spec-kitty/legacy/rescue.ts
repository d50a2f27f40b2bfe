import type Database from 'better-sqlite3';
import { IDS_DOWN, IDS_UP } from './queue-database.sql.js';

interface Place {
  readonly id: bigint;
  readonly timestamp: unknown;
}

/**
 * The ids of a damaged file's rows that can be reached without its indexes, in
 * the order `timestamp, id`: from the front as far as it goes, then from the
 * back down to the same place.
 */
export function rescuedIds(db: Database.Database): bigint[] {
  const found = new Map<bigint, Place>();
  if (!collect(db, IDS_UP, found)) collect(db, IDS_DOWN, found);
  return [...found.values()].sort(inOrder).map(({ id }) => id);
}

/** False when the walk ended at an unreadable place. */
function collect(db: Database.Database, sql: string, into: Map<bigint, Place>): boolean {
  try {
    for (const place of db.prepare(sql).safeIntegers().iterate() as Iterable<Place>) {
      if (into.has(place.id)) return true;
      into.set(place.id, place);
    }
    return true;
  } catch {
    return false;
  }
}

function inOrder(a: Place, b: Place): number {
  const [left, right] = [asNumber(a.timestamp), asNumber(b.timestamp)];
  if (left !== right) return left - right;
  return a.id < b.id ? -1 : 1;
}

/** SQLite orders numbers before texts. */
const asNumber = (value: unknown): number =>
  typeof value === 'bigint' || typeof value === 'number' ? Number(value) : Number.MAX_VALUE;
