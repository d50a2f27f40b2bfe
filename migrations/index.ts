import { JournalAndLedger1763800000001, TABLES, TRIGGERS } from './1-journal-and-ledger.js';
import { CAUSE_TABLES, Causes1764100000002 } from './2-causes.js';
import { amended, OriginsByType1764200000003, TYPE_TABLES } from './3-origins-by-type.js';
import { WhatTargetsRead1764300000004, withGzip } from './4-what-targets-read.js';
import { EDGE_TABLES, Edges1764400000005 } from './5-edges.js';
import {
  FILED_ROW,
  FILED_TABLES,
  FILED_TRIGGERS,
  Filed1764500000006,
  withoutCounter,
} from './6-filed.js';

/** Schema migrations in order; frozen once shipped. Each sets `user_version` to its number. */
export const MIGRATIONS = [
  JournalAndLedger1763800000001,
  Causes1764100000002,
  OriginsByType1764200000003,
  WhatTargetsRead1764300000004,
  Edges1764400000005,
  Filed1764500000006,
];

/** The schema this program reads and writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/** Every table and index as the migrations leave them. */
export const SCHEMA_TABLES: readonly string[] = [
  ...withoutCounter(withGzip(amended([...TABLES, ...CAUSE_TABLES]))),
  ...TYPE_TABLES,
  ...EDGE_TABLES,
  ...FILED_TABLES,
];

/** Every trigger as the migrations leave them. */
export const SCHEMA_TRIGGERS: readonly string[] = [...TRIGGERS, ...FILED_TRIGGERS];

/** Rows that a new file begins with. */
export const SCHEMA_ROWS: readonly string[] = [FILED_ROW];
