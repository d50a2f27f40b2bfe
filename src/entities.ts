/**
 * The tables of journal.db as TypeORM entities, for queries of your own. Open
 * the file read-only: redrain writes through its own connection, and the
 * database refuses changes of the journal.
 */
import 'reflect-metadata';

export { CoalescingKey } from './journal/coalescing-key.entity.js';
export { DiscardCount } from './journal/discard-count.entity.js';
export { Event } from './journal/event.entity.js';
export { EventMark } from './journal/event-mark.entity.js';
export { JournalCount } from './journal/journal-count.entity.js';
export { LiveEvent } from './journal/live-event.entity.js';
export { MigrationConflict } from './journal/migration-conflict.entity.js';
export { Origin } from './journal/origin.entity.js';
export { Payload } from './journal/payload.entity.js';
export { Purge } from './journal/purge.entity.js';
export { Redaction } from './journal/redaction.entity.js';
export { SpoolFile } from './journal/spool-file.entity.js';
export { Supersession } from './journal/supersession.entity.js';
export { Delivery } from './ledger/delivery.entity.js';
export { Flight } from './ledger/flight.entity.js';
export { Lane } from './ledger/lane.entity.js';
export { LedgerCount } from './ledger/ledger-count.entity.js';
export { PastDelivery } from './ledger/past-delivery.entity.js';
export { Post } from './ledger/post.entity.js';
export { Todo } from './ledger/todo.entity.js';
export { ImportSource } from './legacy/import-source.entity.js';
export { ImportedRow } from './legacy/imported-row.entity.js';
export { AuditEntry } from './policy/audit-entry.entity.js';
export { journalDataSource } from './storage/data-source.js';
export { ENTITIES } from './storage/entities.js';
export { Deployment } from './targets/deployment.entity.js';
export { Target } from './targets/target.entity.js';
