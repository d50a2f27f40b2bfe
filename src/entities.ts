/**
 * The tables of journal.db as TypeORM entities, for queries of your own. Open
 * the file read-only: redrain writes through its own connection, and the
 * database refuses changes of the journal.
 */
import 'reflect-metadata';

export { AuditEntry } from './schema/audit-entry.entity.js';
export { Cause } from './schema/cause.entity.js';
export { CoalescingKey } from './schema/coalescing-key.entity.js';
export { Delivery } from './schema/delivery.entity.js';
export { Deployment } from './schema/deployment.entity.js';
export { DiscardCount } from './schema/discard-count.entity.js';
export { Edge } from './schema/edge.entity.js';
export { EdgeConflict } from './schema/edge-conflict.entity.js';
export { EdgeFault } from './schema/edge-fault.entity.js';
export { EdgeInstance } from './schema/edge-instance.entity.js';
export { EdgeRange } from './schema/edge-range.entity.js';
export { EdgeToken } from './schema/edge-token.entity.js';
export { ENTITIES } from './schema/entities.js';
export { Event } from './schema/event.entity.js';
export { EventMark } from './schema/event-mark.entity.js';
export { Exclusion } from './schema/exclusion.entity.js';
export { Filed } from './schema/filed.entity.js';
export { Flight } from './schema/flight.entity.js';
export { ImportSource } from './schema/import-source.entity.js';
export { ImportedRow } from './schema/imported-row.entity.js';
export { JournalCount } from './schema/journal-count.entity.js';
export { Lane } from './schema/lane.entity.js';
export { LedgerCount } from './schema/ledger-count.entity.js';
export { LiveEvent } from './schema/live-event.entity.js';
export { MigrationConflict } from './schema/migration-conflict.entity.js';
export { Origin } from './schema/origin.entity.js';
export { PastDelivery } from './schema/past-delivery.entity.js';
export { Payload } from './schema/payload.entity.js';
export { Post } from './schema/post.entity.js';
export { Purge } from './schema/purge.entity.js';
export { Redaction } from './schema/redaction.entity.js';
export { SpoolFile } from './schema/spool-file.entity.js';
export { Supersession } from './schema/supersession.entity.js';
export { Target } from './schema/target.entity.js';
export { Todo } from './schema/todo.entity.js';
export { journalDataSource } from './sqlite/data-source.js';
