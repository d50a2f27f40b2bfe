import { shownAddress } from '../../address/shown-address.js';
import type { RevisionAtTarget } from '../../conflicts/conflict-store.js';
import { arrival, NONE_ARRIVED, type Replacement } from '../../ledger/arrival.js';
import { rangesContain, type SeqRanges } from '../../ledger/seq-ranges.js';
import type { DeliveryStatus } from '../../ledger/transition.js';
import type { JournalDatabase } from '../journal-database.js';
import { CauseTally } from './causes.js';
import * as sql from './revision.sql.js';
import { COUNT_DELIVERIES, COUNT_NEW_ROWS, FIND_FLIGHT } from './settle.sql.js';
import { COUNT_EXCLUDED, STARTS_AFTER } from './start.sql.js';

interface Row {
  readonly seq: number;
  readonly revision: number;
}

/**
 * What a further revision of this event would mean at every known target. Only
 * where no earlier one can have arrived is the new one sent: never attempted,
 * not posted, or refused each time. Reads only.
 */
export function revisionAtTargets(db: JournalDatabase, eventId: string): RevisionAtTarget[] {
  const revisions = db.statement<[string], Row>(sql.REVISIONS).all(eventId);
  const targets = db.statement<[], { id: number; canonicalUrl: string }>(sql.TARGETS).all();
  return targets.map(({ id, canonicalUrl }) => {
    const reason = arrivalOfAny(db, id, revisions);
    return {
      target_id: id,
      canonical_url: shownAddress(canonicalUrl),
      receives: reason === undefined,
      reason: reason ?? NONE_ARRIVED,
    };
  });
}

/**
 * Follows events that left the flight of a target without having arrived, in
 * the transaction that took them out: a later revision that was withheld
 * because one of them was on the wire is sent after all, where no earlier one
 * can have arrived.
 */
export function followUnarrived(
  db: JournalDatabase,
  targetId: number,
  seqs: readonly number[],
): void {
  if (seqs.length === 0) return;
  const left = { targetId, seqs: JSON.stringify(seqs) };
  const count = db.statement(COUNT_DELIVERIES);
  const isEarly = db.statement<[number, number]>(STARTS_AFTER);
  for (const { seq, originId, eventId } of db
    .statement(sql.WITHHELD_BEHIND)
    .all(left) as Withheld[]) {
    const revisions = db.statement<[string], Row>(sql.REVISIONS).all(eventId);
    if (arrivalOfAny(db, targetId, revisions) !== undefined) continue;
    db.statement(sql.WITHHOLD_NO_LONGER).run(targetId, seq);
    db.statement(COUNT_NEW_ROWS).run(-1, targetId);
    count.run(targetId, originId, 'live', 'withheld', -1);
    // Where the target starts later than this event, it is excluded from now on.
    if (isEarly.get(targetId, seq) !== undefined)
      db.statement(COUNT_EXCLUDED).run({ targetId, originId, events: 1 });
  }
}

interface Withheld {
  readonly seq: number;
  readonly originId: number;
  readonly eventId: string;
}

function arrivalOfAny(
  db: JournalDatabase,
  targetId: number,
  revisions: readonly Row[],
): string | undefined {
  for (const row of revisions) {
    const reason = arrivalOf(db, targetId, row);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function arrivalOf(
  db: JournalDatabase,
  targetId: number,
  { seq, revision }: Row,
): string | undefined {
  const delivery = db
    .statement<[number, number], { status: string; attempts: number }>(sql.DELIVERY)
    .get(targetId, seq);
  return arrival({
    revision,
    inFlight: isInFlight(db, targetId, seq),
    status: delivery?.status ?? null,
    attempts: delivery?.attempts ?? 0,
    wasReplayed: () => wasReplayed(db, targetId, seq),
    refusals: () => refusals(db, targetId, seq),
  });
}

const isInFlight = (db: JournalDatabase, targetId: number, seq: number): boolean => {
  const flight = db.statement<[number], { seqs: string }>(FIND_FLIGHT).get(targetId);
  return flight !== undefined && rangesContain(JSON.parse(flight.seqs) as SeqRanges, seq);
};

const wasReplayed = (db: JournalDatabase, targetId: number, seq: number): boolean =>
  db.statement(sql.HAS_HISTORY).get(targetId, seq) !== undefined;

function refusals(db: JournalDatabase, targetId: number, seq: number): number {
  const posts = db.statement(sql.POSTS_WITH).all({ targetId, seq }) as { outcomes: string }[];
  return posts.filter(({ outcomes }) => {
    const byKind = JSON.parse(outcomes) as Record<string, SeqRanges>;
    return ['rejected', 'terminal_failed'].some((kind) => rangesContain(byKind[kind] ?? [], seq));
  }).length;
}

/**
 * Follows a replacement in the transaction that made it: the new revision is
 * withheld where an earlier one is or may be, and the deliveries of the
 * replaced row go on to say what they said, outside of selection.
 */
export function followReplacement(
  db: JournalDatabase,
  { seq, replaced, from }: Replacement,
  targets: readonly RevisionAtTarget[],
): void {
  const count = db.statement(COUNT_DELIVERIES);
  const originOf = db.statement<[number], { originId: number }>(sql.ORIGIN_OF);
  const newOrigin = originOf.get(seq)?.originId;
  for (const target of targets.filter(({ receives }) => !receives)) {
    db.statement(sql.WITHHOLD).run(target.target_id, seq, target.reason);
    db.statement(COUNT_NEW_ROWS).run(1, target.target_id);
    count.run(target.target_id, newOrigin, 'live', 'withheld', 1);
  }
  if (from === null) return;
  const oldOrigin = originOf.get(replaced)?.originId;
  const deliveries = db.statement<[number], ReplacedDelivery>(sql.DELIVERIES_OF).all(replaced);
  const causes = new CauseTally(db);
  for (const { targetId, status, error } of deliveries) {
    count.run(targetId, oldOrigin, from, status, -1);
    count.run(targetId, oldOrigin, 'replaced', status, 1);
    if (from === 'live') causes.add(targetId, status, error, -1);
  }
  causes.write();
  db.statement(sql.DROP_TODOS).run(replaced);
}

interface ReplacedDelivery {
  readonly targetId: number;
  readonly status: DeliveryStatus;
  readonly error: string | null;
}
