import { conflictLine } from './conflict-line.js';
import type { Model } from './model.js';
import type { Observed, SeenDelivery, SeenTarget } from './observed.js';
import type { KnownTarget } from './target-model.js';

/** What the model has, in the shape of what is read from a home. */
export function expectedOf(model: Model): Observed {
  const targets = [...model.targets].map(([name, target]) => [name, targetOf(target)]);
  return {
    events: model.events.map(({ id, sha256, source, eventClass, place }) => ({
      id,
      sha256,
      source,
      eventClass,
      place,
    })),
    conflicts: model.conflicts
      .map(({ fact: { id, sha256 }, ...state }) => conflictLine({ id, sha256, ...state }))
      .sort(),
    waiting: model.spool.length,
    ingested: model.ingested,
    targets: Object.fromEntries(targets) as Record<string, SeenTarget>,
  };
}

function targetOf(target: KnownTarget): SeenTarget {
  const deliveries = [...target.deliveries].map(([seq, delivery]): [number, SeenDelivery] => [
    seq,
    { ...delivery, due: target.due.get(seq) ?? null },
  ]);
  return {
    retired: target.retired,
    resumeAt: target.resumeAt,
    passNo: target.passNo,
    deliveries: Object.fromEntries(deliveries),
    history: [...target.history].sort(),
    replayed: ascending(target.replayed),
    inFlight: ascending(target.inFlight),
  };
}

const ascending = (seqs: Iterable<number>): number[] => [...seqs].sort((a, b) => a - b);
