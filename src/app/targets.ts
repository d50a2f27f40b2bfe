import { type CircuitState, circuitState, type TargetLedger } from '../reports/ledger-section.js';
import { declaredTarget } from '../targets/active-target.js';
import type { TargetRecord } from '../targets/registry.js';
import type { App } from './app.js';
import { reportStatus, type StatusReport } from './status.js';

/** A target that is declared and cannot be drained to, or was not yet. */
export interface DeclaredOnly {
  readonly name: string;
  readonly address: string | null;
  /** Why it gets nothing; null for one that can be used. */
  readonly fault: string | null;
}

/** Declared targets that have no row, and those whose table is wrong. */
export async function readDeclared(
  app: App,
  known: readonly Pick<TargetRecord, 'urlHash' | 'name'>[],
): Promise<DeclaredOnly[]> {
  const { settings } = await app.situation();
  return [...settings.targets.values()].flatMap((declared) => {
    const target = declaredTarget(declared);
    const fault = target.state === 'target' ? null : target.message;
    const hash = target.state === 'target' ? target.identity.urlHash : undefined;
    if (fault === null && known.some(({ urlHash }) => urlHash === hash)) return [];
    const address = target.state === 'target' ? target.identity.canonicalUrl : null;
    return [{ name: declared.name, address, fault }];
  });
}

/** One known target as `redrain targets` shows it. */
export interface TargetSummary extends Omit<TargetRecord, 'leaseHolder' | 'circuitFailures'> {
  readonly is_current: boolean;
  readonly delivered: number;
  readonly waiting: number;
  readonly held: number;
  /** Delivered ones that a replay has marked. */
  readonly replay_marked: number;
  readonly circuit: CircuitState;
}

/**
 * Every known target, first seen first, from the same snapshot as `status`. Changes nothing.
 *
 * @throws StorageUnavailableError when the journal cannot be read: an empty list would say that there are none.
 */
export async function readTargets(app: App): Promise<TargetSummary[]> {
  const report = await reportStatus(app);
  const { unreadable } = report;
  if (unreadable.length > 0) throw unreadable[0];
  return summariesOf(app, report);
}

/** The same of a status that was read already. */
export function summariesOf(app: App, { document, targets }: StatusReport): TargetSummary[] {
  const { delivery_ledger: ledger, delivery_targets } = document;
  const rows = new Map(
    'error' in ledger ? [] : ledger.per_target.map((row) => [row.target_id, row]),
  );
  const current = 'error' in delivery_targets ? null : delivery_targets.current.target_id;
  return targets.map((record) => summaryOf(app, record, rows.get(record.id), current));
}

function summaryOf(
  app: App,
  target: TargetRecord,
  row: TargetLedger | undefined,
  current: number | null,
): TargetSummary {
  const { leaseHolder: _holder, circuitFailures: _failures, ...record } = target;
  return {
    ...record,
    is_current: record.id === current,
    delivered: row?.delivered ?? 0,
    waiting:
      (row?.unsent ?? 0) + (row?.pending ?? 0) + (row?.rejected ?? 0) + (row?.transient ?? 0),
    held: row?.held ?? 0,
    replay_marked: row?.replay_marked ?? 0,
    circuit: circuitState(target, app.now()),
  };
}
