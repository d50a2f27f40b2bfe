import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { HomePaths } from '../../../src/config/home.js';
import {
  type ImportReport,
  type MigrationSurroundings,
  migrateQueues,
} from '../../../src/spec-kitty/legacy/migration.js';
import type { SourceReport } from '../../../src/spec-kitty/legacy/migration-report.js';
import { type Core, openCore, rows } from '../../support/core.js';
import { assertLedgerInvariant } from '../../support/invariant.js';
import { closeAfterTest } from '../../support/temporary-home.js';

export const NOW = 1_780_000_000_000;

/** A home's journal and what the import into it said. */
export interface Migrated {
  readonly core: Core;
  readonly report: ImportReport;
}

/** Imports the old queues of a home, and checks what must hold after every import. */
export async function migrated(
  paths: HomePaths,
  core?: Core,
  more: Partial<MigrationSurroundings> = {},
): Promise<Migrated> {
  const open = core ?? (await openCore(paths.home));
  const scratch = mkdtempSync(join(tmpdir(), 'redrain-scratch-'));
  closeAfterTest(() => rmSync(scratch, { recursive: true, force: true }));
  const report = await migrateQueues({
    paths,
    imports: open.imports,
    identities: new Map(),
    scratch,
    now: () => NOW,
    patience: { tries: 2, pauseMs: 5 },
    ...more,
  });
  assertLedgerInvariant(open);
  assertReportAddsUp(report);
  return { core: open, report };
}

/** Each row that was read is in exactly one of these numbers. */
function assertReportAddsUp({ sources }: ImportReport): void {
  for (const one of sources.filter(({ status }) => status === 'imported')) {
    const { imported, already_there, identical, conflicting, decided, uncertain } = one;
    expect(
      imported + already_there + identical + conflicting + decided + uncertain,
      one.path,
    ).to.equal(one.rows_read);
  }
}

export function sourceOf({ report }: Migrated, path: string): SourceReport {
  const found = report.sources.find((one) => one.path === path);
  return found ?? expect.fail(`no report on ${path}`);
}

export interface JournalRow {
  readonly seq: number;
  readonly event_id: string;
  readonly bytes: Buffer;
  readonly captured_at: number;
  readonly occurred_at: number | null;
  readonly undeliverable: string | null;
  readonly source: string;
  readonly carries_id: number;
}

/** The journal as it is, in its order. */
export function journalOf(core: Core): JournalRow[] {
  return rows<JournalRow>(
    core,
    `SELECT e.seq, e.event_id, p.bytes, e.captured_at, e.occurred_at, e.undeliverable, e.source,
       e.carries_id FROM event e LEFT JOIN payload p USING (seq) ORDER BY e.seq`,
  );
}

export const idsOf = (core: Core): string[] => journalOf(core).map(({ event_id }) => event_id);
