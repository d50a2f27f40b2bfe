import type { Permission } from '../dispatch/ports.js';
import { isDelivered } from '../ledger/transition.js';
import type { GcFacts } from '../retention/gc-suggestion.js';
import type { JournalDatabase } from '../storage/journal-database.js';
import type { TargetRecord } from '../targets/registry.js';
import { circuitState } from './circuit-state.js';
import { classesHold } from './classes-hold.js';
import * as sql from './status.sql.js';
import type { TargetLedger } from './status-document.js';
import { balance, type LedgerRow, type OriginRow, type TargetBalance } from './target-terms.js';

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
  readonly #rows: LedgerRow[];
  readonly #deliveries: ReadonlyMap<number, number>;

  /** Inside a read that the caller holds. */
  constructor(db: JournalDatabase, classes: readonly ClassTotals[], around: Surroundings) {
    this.#db = db;
    this.#around = around;
    this.#classes = classes;
    this.#eventsEver = (db.statement(sql.EVENTS_EVER).get() as { events: number }).events;
    this.#rows = db.statement(sql.LEDGER_TOTALS).all() as LedgerRow[];
    const deliveries = db.statement(sql.DELIVERY_ROWS).all() as {
      targetId: number;
      deliveries: number;
    }[];
    this.#deliveries = new Map(deliveries.map((row) => [row.targetId, row.deliveries]));
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
    return { ...sum, adds_up: sum.adds_up && classesHold(this.#classes) };
  }

  rowOf(target: TargetRecord): TargetLedger {
    const sum = this.of(target);
    return {
      target_id: target.id,
      canonical_url: target.canonicalUrl,
      retired: target.retiredAt !== null,
      ...sum,
      replay_marked: this.#replayMarked(target.id),
      oldest_undelivered_at: earlierOf(sum.oldest_unsent_at, this.#oldestTriedAt(target.id)),
      circuit: circuitState(target, this.#around.now),
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

  #rowsOf(targetId: number): LedgerRow[] {
    return this.#rows.filter((row) => row.targetId === targetId);
  }

  #liveDelivered(targetId: number): number {
    return this.#rowsOf(targetId)
      .filter((row) => row.class === 'live' && isDelivered(row.status))
      .reduce((sum, row) => sum + row.events, 0);
  }

  #replayMarked(targetId: number): number {
    return (this.#db.statement(sql.REPLAY_MARKED).get(targetId) as { events: number }).events;
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
