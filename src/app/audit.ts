import { hash } from 'node:crypto';
import { RedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';
import { Pace, turn } from '../base/pace.js';
import type { AuditRow } from '../journal/audit-log.js';
import { CAPTURE_GROUP } from '../journal/capture-groups.js';
import type { AppendVerdict, NewEvent } from '../journal/new-event.js';
import type { Stores } from '../stores.js';
import type { App } from './app.js';

/** The audit log, newest first. Changes nothing. */
export function readAudit(app: App, limit: number): Promise<AuditRow[]> {
  return app.readingStores(async (stores) => (await stores?.audit.list(limit)) ?? []);
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
export class UnknownAuditEntryError extends RedrainError {
  override readonly name = 'UnknownAuditEntryError';
  readonly code = 'AUDIT_ENTRY_UNKNOWN';
  override readonly exitCode = EXIT.usage;
  constructor(readonly id: number) {
    super(`audit entry ${id} holds no event`, { advice: '`redrain audit list` shows which do' });
  }
}

/**
 * Captures events that only the audit log holds, with the ids and times they
 * came with. Once in the journal they are duplicates. Goes in groups as large
 * as those of a capture, each durable as a whole, with a turn of the event loop
 * after each: a second call goes on where one was interrupted.
 *
 * @throws UnknownAuditEntryError before anything is captured.
 */
export async function replayAudit(
  app: App,
  ids: readonly number[] | 'all',
): Promise<Record<AppendVerdict, number>> {
  const stores = await app.stores();
  const wanted = ids === 'all' ? await stores.audit.idsWithBytes() : await known(stores, ids);
  const counts = { captured: 0, duplicate: 0, conflict: 0, audited: 0 };
  for await (const group of groupsOf(stores, wanted)) {
    for (const verdict of await stores.journal.append(group, 'capture')) counts[verdict] += 1;
    await turn();
  }
  return counts;
}

async function known(stores: Stores, ids: readonly number[]): Promise<readonly number[]> {
  const pace = new Pace();
  for (const id of ids) {
    await eventOf(stores, id);
    await pace.step();
  }
  return ids;
}

async function* groupsOf(stores: Stores, ids: readonly number[]): AsyncGenerator<NewEvent[]> {
  let group: NewEvent[] = [];
  let bytes = 0;
  for (const id of ids) {
    const event = await eventOf(stores, id);
    group.push(event);
    bytes += event.bytes.length;
    if (group.length < CAPTURE_GROUP.maxItems && bytes < CAPTURE_GROUP.maxBytes) continue;
    yield group;
    group = [];
    bytes = 0;
  }
  if (group.length > 0) yield group;
}

/** Never coalesced: it may be older than what is there. */
async function eventOf({ audit }: Stores, id: number): Promise<NewEvent> {
  const entry = await audit.find(id);
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
