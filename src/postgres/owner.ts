import { type ConnectionOptions, connect } from './connection.js';
import { type Client, loadDriver } from './driver.js';
import type { Place } from './place.js';

/** Milliseconds for one statement: an index or the digest of a large table takes a while. */
const STATEMENT_MS = 2 * 60 * 60 * 1000;

const OPTIONS: ConnectionOptions = {
  role: 'writer',
  lockTimeoutMs: 30_000,
  statementTimeoutMs: STATEMENT_MS,
};

/** A connection of the owner of the tables, who makes, changes or fills them. */
export async function connectAsOwner(place: Place): Promise<Client> {
  return connect(await loadDriver(), place, OPTIONS);
}
