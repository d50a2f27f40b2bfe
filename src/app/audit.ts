import { hash } from 'node:crypto';
import type { AppendVerdict, NewEvent } from '../journal/new-event.js';
import { type AuditRow, auditedEvent, auditedIds, listAudit } from '../policy/sqlite-audit.js';
import type { App } from './app.js';
import type { Stores } from './stores.js';

/** The audit log, newest first. Changes nothing. */
export function readAudit(app: App, limit: number): AuditRow[] {
  const stores = app.readStores();
  if (stores === undefined) return [];
  try {
    return listAudit(stores.db, limit);
  } finally {
    stores.db.close();
  }
}

/**
 * Events in the spool of which the audit log will say why they were kept; null
 * when the spool cannot be read. Changes nothing.
 */
export function auditedInSpool(app: App): number | null {
  let events = 0;
  try {
    for (const { event } of app.spool.events()) if (event.audit !== null) events += 1;
    return events;
  } catch {
    return null;
  }
}

/** No entry with this number holds an event. */
export class UnknownAuditEntryError extends Error {
  override readonly name = 'UnknownAuditEntryError';
  constructor(readonly id: number) {
    super(`audit entry ${id} holds no event: \`redrain audit list\` shows which do`);
  }
}

/**
 * Captures events that only the audit log holds, with the ids and times they
 * came with. Once in the journal they are duplicates.
 *
 * @throws UnknownAuditEntryError before anything is captured.
 */
export async function replayAudit(
  app: App,
  ids: readonly number[] | 'all',
): Promise<Record<AppendVerdict, number>> {
  const stores = await app.stores();
  const wanted = ids === 'all' ? auditedIds(stores.db) : ids;
  const events = wanted.map((id) => eventOf(stores, id));
  const counts = { captured: 0, duplicate: 0, conflict: 0, audited: 0 };
  for (const verdict of await stores.journal.append(events, 'capture')) counts[verdict] += 1;
  return counts;
}

/** Never coalesced: it may be older than what is there. */
function eventOf(stores: Stores, id: number): NewEvent {
  const entry = auditedEvent(stores.db, id);
  if (entry === undefined) throw new UnknownAuditEntryError(id);
  const { bytes, details } = entry;
  return {
    ...(details as unknown as NewEvent),
    bytes,
    sha256: hash('sha256', bytes, 'buffer'),
    coalesceKey: null,
    audit: null,
  };
}
