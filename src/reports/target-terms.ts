import type { DrainBlockedReason, Permission } from '../dispatch/ports.js';
import { type OriginColumns, originFields } from '../ledger/origins.js';
import type { DeliveryStatus } from '../ledger/transition.js';
import type { Counts, TargetCounts } from './counts.js';
import { type ClassTotals, classesHold, eventsOf } from './journal-section.js';

/** The live events of one origin, and how many of them the ledger of a target names. */
export interface OriginRow extends OriginColumns {
  readonly live: number;
  readonly known: number;
  /** Of those it does not name, events before the first one the target gets. */
  readonly early: number;
  /** Epoch milliseconds: the oldest live event that was never offered to the target. */
  readonly oldestUnsentAt: number | null;
}

/** The events of one target that are of one class and in one status. */
export interface LedgerRow {
  readonly class: string;
  readonly status: DeliveryStatus;
  readonly events: number;
}

/** For every target, each event of the journal is in exactly one of these (docs/status.md). */
export interface TargetTerms {
  delivered: number;
  pending: number;
  rejected: number;
  transient: number;
  terminal: number;
  coalesced: number;
  replaced: number;
  archived: number;
  redacted: number;
  purged: number;
  held: number;
  /** Never sent there, by the target's own `types` or `from`. */
  excluded: number;
  unsent: number;
}

export interface TargetBalance extends TargetTerms {
  readonly total: number;
  readonly adds_up: boolean;
  readonly held_by: Readonly<Partial<Record<DrainBlockedReason, number>>>;
  /** ISO 8601, null when nothing is unsent. */
  readonly oldest_unsent_at: string | null;
}

/** Which term of the sum a ledger status counts as. */
export const TERM_OF_STATUS = {
  success: 'delivered',
  duplicate: 'delivered',
  pending: 'pending',
  rejected: 'rejected',
  failed_transient: 'transient',
  terminal_failed: 'terminal',
  withheld: 'replaced',
} as const satisfies Record<DeliveryStatus, keyof TargetTerms>;

const CLASSES = ['coalesced', 'replaced', 'archived', 'redacted', 'purged'] as const;

/**
 * The sum of one target. It adds up when no term is negative, the terms make
 * the number of events the journal ever took in, and the deliveries make the
 * number of rows the ledger has for the target: both are known without any of
 * the counters.
 */
export function balance(
  { classes, eventsEver }: Pick<Counts, 'classes' | 'eventsEver'>,
  { ledger, deliveryRows, waiting }: TargetCounts,
): TargetBalance {
  const terms = termsOf(ledger, classes, waiting);
  const values = Object.values(terms);
  const total = values.reduce((sum, term) => sum + term, 0);
  const counted = ledger.reduce((sum, row) => sum + row.events, 0);
  const oldest = waiting.oldestUnsentAt;
  return {
    ...terms,
    total,
    adds_up:
      total === eventsEver &&
      counted === deliveryRows &&
      values.every((term) => term >= 0) &&
      classesHold(classes),
    held_by: waiting.held,
    oldest_unsent_at: oldest === null ? null : new Date(oldest).toISOString(),
  };
}

function termsOf(
  ledger: readonly LedgerRow[],
  classes: readonly ClassTotals[],
  { unsent, held, excluded }: WaitingEvents,
): TargetTerms {
  const terms = emptyTerms();
  const knownByClass = new Map<string, number>();
  for (const row of ledger) {
    terms[TERM_OF_STATUS[row.status]] += row.events;
    knownByClass.set(row.class, (knownByClass.get(row.class) ?? 0) + row.events);
  }
  for (const name of CLASSES)
    terms[name] += eventsOf(classes, name) - (knownByClass.get(name) ?? 0);
  terms.unsent = unsent;
  terms.excluded = excluded;
  terms.held = Object.values(held).reduce((sum, events) => sum + events, 0);
  return terms;
}

/** Live events that the ledger of a target does not name. */
export interface WaitingEvents {
  /** By the reason that holds them. */
  readonly held: Readonly<Partial<Record<DrainBlockedReason, number>>>;
  readonly excluded: number;
  readonly unsent: number;
  /** Epoch milliseconds, of those that are not held. */
  readonly oldestUnsentAt: number | null;
}

/** Sums what waits for a target over all origins. */
export function waitingEvents(origins: Iterable<OriginRow>, heldBy: Permission): WaitingEvents {
  const held: Partial<Record<DrainBlockedReason, number>> = {};
  let unsent = 0;
  let excluded = 0;
  let oldestUnsentAt: number | null = null;
  for (const row of origins) {
    const never = row.live - row.known;
    const reason = heldBy(originFields(row));
    const early = reason === 'excluded' ? never : row.early;
    const waiting = never - early;
    excluded += early;
    if (reason === 'excluded') continue;
    if (reason !== null) {
      if (waiting !== 0) held[reason] = (held[reason] ?? 0) + waiting;
      continue;
    }
    unsent += waiting;
    if (row.oldestUnsentAt !== null)
      oldestUnsentAt = Math.min(oldestUnsentAt ?? row.oldestUnsentAt, row.oldestUnsentAt);
  }
  return { held, excluded, unsent, oldestUnsentAt };
}

function emptyTerms(): TargetTerms {
  return {
    delivered: 0,
    pending: 0,
    rejected: 0,
    transient: 0,
    terminal: 0,
    coalesced: 0,
    replaced: 0,
    archived: 0,
    redacted: 0,
    purged: 0,
    held: 0,
    excluded: 0,
    unsent: 0,
  };
}
