import type { Permission } from '../../dispatch/ports.js';
import { isDelivered } from '../../ledger/transition.js';
import { type CauseRow, causesHold, causesOfTarget, liveTerms } from '../../reports/causes.js';
import { circuitState } from '../../reports/circuit-state.js';
import { classesHold } from '../../reports/classes-hold.js';
import type { TargetLedger } from '../../reports/status-document.js';
import {
  balance,
  type LedgerRow,
  type OriginRow,
  type TargetBalance,
} from '../../reports/target-terms.js';
import type { GcFacts } from '../../retention/gc-suggestion.js';
import type { TargetRecord } from '../../targets/registry.js';
import type { JournalDatabase } from '../journal-database.js';
import * as sql from './status.sql.js';

/** One row of `JOURNAL_TOTALS`. */
export interface ClassTotals {
  readonly class: string;
  readonly events: number;
  readonly retained: number;
  readonly bytes: number;
}

interface Surroundings {
  permissionFor(target: TargetRecord | undefined): Permission;
  readonly now: number;
}

/** The counters of a journal as one snapshot has them, summed for one target after the other. */
export class LedgerReader {
  readonly #db: JournalDatabase;
  readonly #around: Surroundings;
  readonly #eventsEver: number;
  readonly #classes: readonly ClassTotals[];
  readonly #rows: ReadonlyMap<number, readonly LedgerRow[]>;
  readonly #causes: ReadonlyMap<number, readonly CauseRow[]>;
  readonly #deliveries: ReadonlyMap<number, number>;
  readonly #replays: ReadonlyMap<number, number>;

  /** Inside a read that the caller holds. */
  constructor(db: JournalDatabase, classes: readonly ClassTotals[], around: Surroundings) {
    this.#db = db;
    this.#around = around;
    this.#classes = classes;
    this.#eventsEver = (db.statement(sql.EVENTS_EVER).get() as { events: number }).events;
    this.#rows = byTarget(db.statement(sql.LEDGER_TOTALS).all() as LedgerRow[]);
    this.#causes = byTarget(db.statement(sql.CAUSES).all() as CauseRow[]);
    this.#deliveries = numbers(db.statement(sql.DELIVERY_ROWS).all());
    this.#replays = numbers(db.statement(sql.REPLAY_MARKED).all());
  }

  /** The sum of one target; of a target that was never drained, when there is none yet. */
  of(target: TargetRecord | undefined): TargetBalance {
    const targetId = target?.id ?? NO_TARGET;
    const origins = this.#db.statement(sql.ORIGINS).all({ targetId }) as OriginRow[];
    const byClass = new Map(this.#classes.map((row) => [row.class, row.events]));
    const permission = this.#around.permissionFor(target);
    const deliveries = this.#deliveries.get(targetId) ?? 0;
    const rows = this.#rowsOf(targetId);
    const sum = balance(this.#eventsEver, byClass, rows, origins, permission, deliveries);
    const holds = classesHold(this.#classes) && causesHold(rows, this.#causesOf(targetId));
    return { ...sum, adds_up: sum.adds_up && holds };
  }

  rowOf(target: TargetRecord, sum: TargetBalance = this.of(target)): TargetLedger {
    return {
      target_id: target.id,
      canonical_url: target.canonicalUrl,
      retired: target.retiredAt !== null,
      ...sum,
      replay_marked: this.#replays.get(target.id) ?? 0,
      oldest_undelivered_at: earlierOf(sum.oldest_unsent_at, this.#oldestTriedAt(target.id)),
      circuit: circuitState(target, this.#around.now),
      actionable: liveTerms(this.#rowsOf(target.id)),
      causes: causesOfTarget(this.#causesOf(target.id)),
    };
  }

  gcFacts(perTarget: readonly TargetLedger[]): GcFacts {
    const sum = (name: 'retained' | 'bytes'): number =>
      this.#classes.reduce((total, row) => total + row[name], 0);
    return {
      retained: sum('retained'),
      bytes: sum('bytes'),
      live: this.#classes.find((row) => row.class === 'live')?.events ?? 0,
      targets: perTarget.map((row) => ({
        retired: row.retired,
        delivered: this.#liveDelivered(row.target_id),
        owes: row.replay_marked > 0,
      })),
    };
  }

  #rowsOf(targetId: number): readonly LedgerRow[] {
    return this.#rows.get(targetId) ?? [];
  }

  #causesOf(targetId: number): readonly CauseRow[] {
    return this.#causes.get(targetId) ?? [];
  }

  #liveDelivered(targetId: number): number {
    return this.#rowsOf(targetId)
      .filter((row) => row.class === 'live' && isDelivered(row.status))
      .reduce((sum, row) => sum + row.events, 0);
  }

  #oldestTriedAt(targetId: number): string | null {
    const row = this.#db.statement(sql.OLDEST_TRIED).get(targetId) as { at: number } | undefined;
    return row === undefined ? null : new Date(row.at).toISOString();
  }
}

function earlierOf(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return Date.parse(a) <= Date.parse(b) ? a : b;
}

/** No row has this id. */
const NO_TARGET = 0;

function byTarget<R extends { readonly targetId: number }>(
  rows: readonly R[],
): ReadonlyMap<number, readonly R[]> {
  const found = new Map<number, R[]>();
  for (const row of rows) {
    const known = found.get(row.targetId);
    if (known === undefined) found.set(row.targetId, [row]);
    else known.push(row);
  }
  return found;
}

const numbers = (rows: unknown[]): ReadonlyMap<number, number> =>
  new Map(
    (rows as { targetId: number; events: number }[]).map((row) => [row.targetId, row.events]),
  );
