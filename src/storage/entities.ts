import { CoalescingKey } from '../journal/coalescing-key.entity.js';
import { DiscardCount } from '../journal/discard-count.entity.js';
import { Event } from '../journal/event.entity.js';
import { EventMark } from '../journal/event-mark.entity.js';
import { JournalCount } from '../journal/journal-count.entity.js';
import { LiveEvent } from '../journal/live-event.entity.js';
import { MigrationConflict } from '../journal/migration-conflict.entity.js';
import { Origin } from '../journal/origin.entity.js';
import { Payload } from '../journal/payload.entity.js';
import { Purge } from '../journal/purge.entity.js';
import { Redaction } from '../journal/redaction.entity.js';
import { SpoolFile } from '../journal/spool-file.entity.js';
import { Supersession } from '../journal/supersession.entity.js';
import { Cause } from '../ledger/cause.entity.js';
import { Delivery } from '../ledger/delivery.entity.js';
import { Flight } from '../ledger/flight.entity.js';
import { Lane } from '../ledger/lane.entity.js';
import { LedgerCount } from '../ledger/ledger-count.entity.js';
import { PastDelivery } from '../ledger/past-delivery.entity.js';
import { Post } from '../ledger/post.entity.js';
import { Todo } from '../ledger/todo.entity.js';
import { ImportSource } from '../legacy/import-source.entity.js';
import { ImportedRow } from '../legacy/imported-row.entity.js';
import { AuditEntry } from '../policy/audit-entry.entity.js';
import { Deployment } from '../targets/deployment.entity.js';
import { Target } from '../targets/target.entity.js';

/** Every table of journal.db. */
export const ENTITIES = [
  Origin,
  Event,
  Payload,
  LiveEvent,
  EventMark,
  Supersession,
  Purge,
  Redaction,
  JournalCount,
  SpoolFile,
  CoalescingKey,
  DiscardCount,
  MigrationConflict,
  ImportSource,
  ImportedRow,
  AuditEntry,
  Target,
  Deployment,
  Delivery,
  PastDelivery,
  Lane,
  Todo,
  Flight,
  Post,
  LedgerCount,
  Cause,
];
