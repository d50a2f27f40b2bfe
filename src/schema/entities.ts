import { AuditEntry } from './audit-entry.entity.js';
import { Cause } from './cause.entity.js';
import { CoalescingKey } from './coalescing-key.entity.js';
import { Delivery } from './delivery.entity.js';
import { Deployment } from './deployment.entity.js';
import { DiscardCount } from './discard-count.entity.js';
import { Edge } from './edge.entity.js';
import { EdgeConflict } from './edge-conflict.entity.js';
import { EdgeFault } from './edge-fault.entity.js';
import { EdgeInstance } from './edge-instance.entity.js';
import { EdgeRange } from './edge-range.entity.js';
import { EdgeToken } from './edge-token.entity.js';
import { Event } from './event.entity.js';
import { EventMark } from './event-mark.entity.js';
import { Exclusion } from './exclusion.entity.js';
import { Filed } from './filed.entity.js';
import { Flight } from './flight.entity.js';
import { ImportSource } from './import-source.entity.js';
import { ImportedRow } from './imported-row.entity.js';
import { JournalCount } from './journal-count.entity.js';
import { Lane } from './lane.entity.js';
import { LedgerCount } from './ledger-count.entity.js';
import { LiveEvent } from './live-event.entity.js';
import { MigrationConflict } from './migration-conflict.entity.js';
import { Origin } from './origin.entity.js';
import { PastDelivery } from './past-delivery.entity.js';
import { Payload } from './payload.entity.js';
import { Post } from './post.entity.js';
import { Purge } from './purge.entity.js';
import { Redaction } from './redaction.entity.js';
import { SpoolFile } from './spool-file.entity.js';
import { Supersession } from './supersession.entity.js';
import { Target } from './target.entity.js';
import { Todo } from './todo.entity.js';

/** Every table of journal.db. */
export const ENTITIES = [
  Origin,
  Event,
  Payload,
  LiveEvent,
  Filed,
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
  Exclusion,
  Edge,
  EdgeRange,
  EdgeInstance,
  EdgeFault,
  EdgeConflict,
  EdgeToken,
];
