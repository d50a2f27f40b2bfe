import { turn } from '../../base/pace.js';
import type { EventFilter } from '../../journal/event-filter.js';
import type { RequeueCounts, RequeueRequest } from '../../ledger/requeue.js';
import type { Counted } from '../../ledger/requeue-counts.js';
import {
  type Division,
  divisionOf,
  MOST_STRAYS,
  type Stretch,
  timesOf,
} from '../../ledger/requeue-division.js';
import { eventConditions } from '../journal/event-filter.sql.js';
import type { JournalDatabase } from '../journal-database.js';
import * as sql from './requeue.sql.js';
import { deliveriesOf, freeOf } from './requeue-counts.js';
import { firstSince } from './start.js';

/** Sequence numbers that one statement goes over: the event loop gets a turn after it. */
const SLICE = 50_000;
/** Deliveries that one statement counts, in one snapshot. */
const MOST_IN_ONE_LOOK = 1_000_000;

/**
 * The counts of a request that names times. Events are captured in the order of their sequence
 * numbers, but for clocks that were set back and what was spooled: those are found and counted
 * one by one. Undefined where there are too many of them, and where more than times and origins are named.
 */
export async function countsOfTimes(
  db: JournalDatabase,
  request: RequeueRequest,
): Promise<RequeueCounts | undefined> {
  if (request.cause !== undefined || request.filter.seqs !== undefined) return undefined;
  return countsWithin(db, withoutOrigins(db, request));
}

/** Where the origins of a filter have all that there is, they need not be looked at. */
function withoutOrigins(db: JournalDatabase, request: RequeueRequest): RequeueRequest {
  const { since, until } = request.filter;
  const all = { ...request, filter: { since, until } };
  const sum = (one: RequeueRequest) =>
    db.read(() => deliveriesOf(db, one)).reduce((total, { events }) => total + events, 0);
  return sum(request) === sum(all) ? all : request;
}

async function countsWithin(
  db: JournalDatabase,
  request: RequeueRequest,
): Promise<RequeueCounts | undefined> {
  const division = dividedBy(db, request.filter);
  const { counted, rest, isWithin } = division;
  if (counted.reduce((sum, one) => sum + sizeOf(one), 0) > MOST_IN_ONE_LOOK) return undefined;
  const isOfOrigins = request.filter.type !== undefined || request.filter.originIds !== undefined;
  const elsewhere = await strays(db, rest, request.filter, isWithin);
  // With its event at hand, each delivery tells its time itself.
  const foreign = isOfOrigins
    ? []
    : await strays(db, counted, request.filter, isWithin === 1 ? 0 : 1);
  if (elsewhere === undefined || foreign === undefined) return undefined;
  return db.read(() => {
    const all = deliveriesOf(db, request).filter(({ events }) => events > 0);
    const count = counting(db, request, all, isOfOrigins ? isWithin : undefined);
    const part = [
      ...counted.map((one) => count.stretch(one)),
      count.named(elsewhere),
      count.named(foreign).map((events) => -events),
    ];
    const sums = all.map((_, i) => part.reduce((sum, events) => sum + (events[i] ?? 0), 0));
    const within = all.map(({ events, ...one }, i) => ({
      ...one,
      events: isWithin === 1 ? (sums[i] ?? 0) : events - (sums[i] ?? 0),
    }));
    return freeOf(db, request, within);
  });
}

function dividedBy(db: JournalDatabase, { since, until }: EventFilter): Division {
  const { head } = db.statement(sql.HEAD).get() as { head: number };
  const first = since === undefined ? 1 : firstSince(db, since, head);
  const end = until === undefined ? head + 1 : Math.max(first, firstSince(db, until, head));
  return divisionOf(first, end, head);
}

const sizeOf = ({ first, last }: Stretch): number => last - first + 1;

/** Events of these stretches that were captured within the times of the filter, or were not; undefined for too many. */
async function strays(
  db: JournalDatabase,
  stretches: readonly Stretch[],
  filter: EventFilter,
  isWithin: 0 | 1,
): Promise<number[] | undefined> {
  const statement = db.statement(sql.STRAYS).pluck();
  const found: number[] = [];
  for (const { first, last } of stretches)
    for (let from = first; from <= last; from += SLICE) {
      const to = Math.min(from + SLICE - 1, last);
      const times = timesOf(filter);
      const look = { first: from, last: to, ...times, isWithin, most: MOST_STRAYS + 1 };
      found.push(...(statement.all(look) as number[]));
      if (found.length > MOST_STRAYS) return undefined;
      await turn();
    }
  return found;
}

/** Counts deliveries of each class and status, in the order of `kinds`. */
interface Counting {
  stretch(stretch: Stretch): number[];
  named(seqs: readonly number[]): number[];
}

/** `isWithin` says which times are counted in a stretch; without it, all are. */
function counting(
  db: JournalDatabase,
  { targetId, filter }: RequeueRequest,
  kinds: readonly Counted[],
  isWithin: 0 | 1 | undefined,
): Counting {
  const { type, originIds } = filter;
  const asked = {
    kinds: kinds.length,
    hasMarks: kinds.some((kind) => kind.class !== 'live'),
    hasType: type !== undefined,
    hasOrigins: originIds !== undefined,
    hasTimes: false,
  };
  const values = { targetId, ...eventConditions(filter).values, ...named(kinds) };
  const one = (text: string, more: object): number[] =>
    db
      .statement(text)
      .raw()
      .get({ ...values, ...more }) as number[];
  if (kinds.length === 0) return { stretch: () => [], named: () => [] };
  return {
    stretch: (stretch) =>
      one(
        sql.countedInStretch({ ...asked, hasTimes: isWithin !== undefined }),
        isWithin === undefined ? stretch : { ...stretch, ...timesOf(filter), isWithin },
      ),
    named: (seqs) => one(sql.countedOfNamed(asked), { named: JSON.stringify(seqs) }),
  };
}

/** `class0`, `status0` and so on. */
const named = (kinds: readonly Counted[]): Record<string, string> =>
  Object.fromEntries(
    kinds.flatMap(({ class: name, status }, i) => [
      [`class${i}`, name],
      [`status${i}`, status],
    ]),
  );
