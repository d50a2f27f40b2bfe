import type { BenchSurroundings } from './bench-surroundings.js';
import type { RowResult } from './result.js';

type Group = (at: BenchSurroundings) => Promise<RowResult[]>;

const GROUPS = {
  capture: async (at) => (await import('./capture/capture-rows.js')).captureRows(at),
  file: async (at) => (await import('./capture/file-rows.js')).fileRows(at),
  callers: async (at) => (await import('./peers/callers-row.js')).callersRow(at),
  hub: async (at) => (await import('./hub/hub-rows.js')).hubRows(at),
  postgres: async (at) => (await import('./postgres/ledger-rows.js')).ledgerRows(at),
  'hub-postgres': async (at) => (await import('./hub/postgres-row.js')).hubOnPostgresRow(at),
  drain: async (at) => (await import('./drain/drain-row.js')).drainRow(at),
  webhook: async (at) => (await import('./drain/webhook-rows.js')).webhookRows(at),
  targets: async (at) => (await import('./drain/targets-row.js')).targetsRow(at),
  memory: async (at) => (await import('./drain/memory-row.js')).memoryRow(at),
  selection: async (at) => (await import('./selection/selection-rows.js')).selectionRows(at),
  status: async (at) => (await import('./status/status-rows.js')).statusRows(at),
  verify: async (at) => (await import('./verify/verify-rows.js')).verifyRows(at),
  migrate: async (at) => (await import('./migrate/migrate-row.js')).migrateRow(at),
  loop: async (at) => (await import('./loop/stall-rows.js')).stallRows(at),
  process: async (at) => (await import('./process/process-rows.js')).processRows(at),
  idle: async (at) => (await import('./idle/idle-row.js')).idleRow(at),
  posted: async (at) => (await import('./idle/posted-rows.js')).postedRows(at),
  'pick-up': async (at) => (await import('./idle/pick-up-rows.js')).pickUpRows(at),
} satisfies Record<string, Group>;

/** Rows that are run together. */
export type RowGroup = keyof typeof GROUPS;

export const ROW_GROUPS = Object.keys(GROUPS) as RowGroup[];

/** Runs one group of rows after another. */
export async function runGroups(
  groups: readonly RowGroup[],
  at: BenchSurroundings,
): Promise<RowResult[]> {
  const rows: RowResult[] = [];
  for (const group of groups) {
    at.say(`running: ${group}`);
    rows.push(...(await GROUPS[group](at)));
  }
  return rows;
}
