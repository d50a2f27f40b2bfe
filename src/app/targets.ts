import { circuitState } from '../status/circuit-state.js';
import type { CircuitState } from '../status/status-document.js';
import type { TargetRecord } from '../targets/registry.js';
import type { App } from './app.js';
import { readStatus } from './status.js';

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

/** Every known target, first seen first. Changes nothing. */
export async function readTargets(app: App): Promise<TargetSummary[]> {
  const stores = app.readStores();
  if (stores === undefined) return [];
  try {
    const records = await stores.targets.list();
    const status = await readStatus(app);
    const ledger = 'error' in status.delivery_ledger ? [] : status.delivery_ledger.per_target;
    const current =
      'error' in status.delivery_targets ? null : status.delivery_targets.current.target_id;
    return records.map(({ leaseHolder: _holder, circuitFailures: _failures, ...record }, i) => {
      const row = ledger.find((one) => one.target_id === record.id);
      return {
        ...record,
        is_current: record.id === current,
        delivered: row?.delivered ?? 0,
        waiting:
          (row?.unsent ?? 0) + (row?.pending ?? 0) + (row?.rejected ?? 0) + (row?.transient ?? 0),
        held: row?.held ?? 0,
        replay_marked: row?.replay_marked ?? 0,
        circuit: circuitState(records[i] as TargetRecord, app.now()),
      };
    });
  } finally {
    stores.db.close();
  }
}
