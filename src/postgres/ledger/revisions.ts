import { shownAddress } from '../../address/shown-address.js';
import type { RevisionAtTarget } from '../../conflicts/conflict-store.js';
import { arrival, NONE_ARRIVED, type Replacement } from '../../ledger/arrival.js';
import { CauseChanges } from '../../ledger/causes.js';
import type { DeliveryStatus } from '../../ledger/transition.js';
import type { Queries, Transaction } from '../transaction.js';
import { writeCauses } from './causes.js';
import * as sql from './revision.sql.js';
import { COUNT_DELIVERIES, COUNT_NEW_ROWS } from './settle.sql.js';
import { countColumns } from './settling.js';
import { COUNT_EXCLUDED } from './start.sql.js';

interface Facts {
  readonly targetId: number;
  readonly canonicalUrl: string;
  /** Null where the event has no revision. */
  readonly revision: number | null;
  readonly inFlight: boolean;
  readonly status: string | null;
  readonly attempts: number;
  readonly replayed: boolean;
  readonly refusals: number;
}

/**
 * What a further revision of this event would mean at every known target. Only
 * where no earlier one can have arrived is the new one sent: never attempted,
 * not posted, or refused each time. Reads only.
 */
export async function revisionAtTargets(
  queries: Pick<Queries, 'all'>,
  eventId: string,
  targetId: number | null = null,
): Promise<RevisionAtTarget[]> {
  const facts = await queries.all<Facts>(sql.REVISION_FACTS, { eventId, targetId });
  const byTarget = new Map<number, RevisionAtTarget>();
  for (const row of facts) {
    if (byTarget.get(row.targetId)?.receives === false) continue;
    const reason = arrivalOf(row);
    byTarget.set(row.targetId, {
      target_id: row.targetId,
      canonical_url: shownAddress(row.canonicalUrl),
      receives: reason === undefined,
      reason: reason ?? NONE_ARRIVED,
    });
  }
  return [...byTarget.values()];
}

function arrivalOf({ revision, replayed, refusals, ...facts }: Facts): string | undefined {
  if (revision === null) return undefined;
  return arrival({ ...facts, revision, wasReplayed: () => replayed, refusals: () => refusals });
}

/**
 * Follows events that left the flight of a target without having arrived, in
 * the transaction that took them out: a later revision that was withheld
 * because one of them was on the wire is sent after all, where no earlier one
 * can have arrived.
 */
export async function followUnarrived(
  tx: Transaction,
  targetId: number,
  seqs: readonly number[],
): Promise<void> {
  if (seqs.length === 0) return;
  const withheld = await tx.all<Withheld>(sql.WITHHELD_BEHIND, { targetId, seqs });
  for (const { seq, originId, eventId, isEarly } of withheld) {
    const [there] = await revisionAtTargets(tx, eventId, targetId);
    if (there?.receives !== true) continue;
    if ((await tx.run(sql.WITHHOLD_NO_LONGER, { targetId, seq })) === 0) continue;
    await tx.run(COUNT_NEW_ROWS, { targetId, events: -1 });
    const count = { originId, class: 'live', status: 'withheld', events: -1 };
    await tx.run(COUNT_DELIVERIES, { targetId, ...countColumns([count]) });
    // Where the target starts later than this event, it is excluded from now on.
    if (isEarly) await tx.run(COUNT_EXCLUDED, { targetId, originIds: [originId], events: [1] });
  }
}

interface Withheld {
  readonly seq: number;
  readonly originId: number;
  readonly eventId: string;
  readonly isEarly: boolean;
}

/**
 * Follows a replacement in the transaction that made it: the new revision is
 * withheld where an earlier one is or may be, and the deliveries of the
 * replaced row go on to say what they said, outside of selection.
 */
export async function followReplacement(
  tx: Transaction,
  { seq, replaced, from }: Replacement,
  targets: readonly RevisionAtTarget[],
): Promise<void> {
  const withheld = targets.filter(({ receives }) => !receives);
  if (withheld.length > 0)
    await tx.run(sql.WITHHOLD, {
      seq,
      targetIds: withheld.map(({ target_id }) => target_id),
      reasons: withheld.map(({ reason }) => reason),
    });
  if (from === null) return;
  const deliveries = await tx.all<ReplacedDelivery>(sql.DELIVERIES_OF, { seq: replaced });
  if (deliveries.length > 0) await moveDeliveries(tx, from, deliveries);
  await tx.run(sql.DROP_TODOS_OF, { seq: replaced });
}

async function moveDeliveries(
  tx: Transaction,
  from: string,
  deliveries: readonly ReplacedDelivery[],
): Promise<void> {
  const causes = new CauseChanges();
  if (from === 'live')
    for (const { targetId, status, error } of deliveries) causes.add(targetId, status, error, -1);
  const moves = deliveries.flatMap((row) => [
    { ...row, class: from, events: -1 },
    { ...row, class: 'replaced', events: 1 },
  ]);
  await tx.run(sql.COUNT_AT_TARGETS, {
    targetIds: moves.map(({ targetId }) => targetId),
    ...countColumns(moves),
  });
  await writeCauses(tx, causes);
}

interface ReplacedDelivery {
  readonly targetId: number;
  readonly originId: number;
  readonly status: DeliveryStatus;
  readonly error: string | null;
}
