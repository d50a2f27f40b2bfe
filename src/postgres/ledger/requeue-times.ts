import type { EventFilter } from '../../journal/event-filter.js';
import type { RequeueCounts, RequeueRequest } from '../../ledger/requeue.js';
import { type Counted, countsFrom } from '../../ledger/requeue-counts.js';
import {
  type Division,
  divisionOf,
  MOST_STRAYS,
  type Stretch,
  timesOf,
} from '../../ledger/requeue-division.js';
import { eventConditions } from '../journal/event-filter.sql.js';
import type { JournalDatabase } from '../journal-database.js';
import type { Queries } from '../transaction.js';
import * as sql from './requeue.sql.js';
import { deliveriesOf, notFreeOf } from './requeue-counts.js';
import { firstSince } from './start.js';

/**
 * The counts of a request that names times. Events are captured in the order of their sequence
 * numbers, but for clocks that were set back and what was spooled: those are found and counted
 * one by one. Undefined where there are too many of them, and where more than times and origins are named.
 */
export async function countsOfTimes(
  db: JournalDatabase,
  request: RequeueRequest,
): Promise<RequeueCounts | undefined> {
  const { cause, filter } = request;
  if (cause !== undefined || filter.seqs !== undefined) return undefined;
  const division = await dividedBy(db, filter);
  const { counted, rest, isWithin } = division;
  // With its event at hand, each delivery tells its time itself.
  const isOfOrigins = filter.type !== undefined || filter.originIds !== undefined;
  const elsewhere = await strays(db, rest, filter, isWithin === 1);
  const foreign = isOfOrigins ? [] : await strays(db, counted, filter, isWithin === 0);
  if (elsewhere === undefined || foreign === undefined) return undefined;
  return db.read(async (queries) => {
    const all = await deliveriesOf(queries, request);
    const count = new Counting(queries, request, all, isOfOrigins ? division : undefined);
    for (const stretch of counted) await count.stretch(stretch);
    await count.named(elsewhere, 1);
    await count.named(foreign, -1);
    const within = all.map((one) => ({
      ...one,
      events: isWithin === 1 ? count.of(one) : one.events - count.of(one),
    }));
    return countsFrom({ all: within, ...(await notFreeOf(queries, request)) });
  });
}

async function dividedBy(db: JournalDatabase, { since, until }: EventFilter): Promise<Division> {
  const head = (await db.get<{ head: number }>(sql.HEAD))?.head ?? 0;
  const first = since === undefined ? 1 : await firstSince(db, since);
  const end = until === undefined ? head + 1 : Math.max(first, await firstSince(db, until));
  return divisionOf(first, end, head);
}

/** Events of these stretches that were captured within the times of the filter, or were not; undefined for too many. */
async function strays(
  db: JournalDatabase,
  stretches: readonly Stretch[],
  filter: EventFilter,
  isWithin: boolean,
): Promise<number[] | undefined> {
  const found: number[] = [];
  for (const stretch of stretches) {
    const asked = { ...stretch, ...timesOf(filter), isWithin, most: MOST_STRAYS + 1 };
    found.push(...(await db.all<{ seq: number }>(sql.STRAYS, asked)).map(({ seq }) => seq));
    if (found.length > MOST_STRAYS) return undefined;
  }
  return found;
}

/** Adds deliveries up, by class and status. */
class Counting {
  readonly #queries: Queries;
  readonly #request: RequeueRequest;
  readonly #hasMarks: boolean;
  readonly #division: Division | undefined;
  readonly #sums = new Map<string, number>();

  /** With a division, only deliveries of its counted part's times are counted in a stretch. */
  constructor(
    queries: Queries,
    request: RequeueRequest,
    all: readonly Counted[],
    division: Division | undefined,
  ) {
    this.#queries = queries;
    this.#request = request;
    this.#hasMarks = all.some((one) => one.class !== 'live');
    this.#division = division;
  }

  of({ class: name, status }: Counted): number {
    return this.#sums.get(`${name} ${status}`) ?? 0;
  }

  async stretch({ first, last }: Stretch): Promise<void> {
    if (first > last) return;
    const division = this.#division;
    const times = division && {
      ...timesOf(this.#request.filter),
      isWithin: division.isWithin === 1,
    };
    await this.#add(sql.IN_STRETCH, { first, last, ...times }, 1, times !== undefined);
  }

  async named(seqs: readonly number[], sign: 1 | -1): Promise<void> {
    if (seqs.length > 0) await this.#add(sql.OF_NAMED, { named: seqs }, sign, false);
  }

  async #add(source: string, more: object, sign: 1 | -1, hasTimes: boolean): Promise<void> {
    const { kind, targetId, filter } = this.#request;
    const { sql: conditions, values } = eventConditions({
      type: filter.type,
      originIds: filter.originIds,
    });
    const text = sql.counted(source, {
      states: sql.STATES[kind],
      conditions,
      hasTimes,
      hasMarks: this.#hasMarks,
    });
    const rows = await this.#queries.all<Counted>(text, { ...values, targetId, ...more });
    for (const { class: name, status, events } of rows) {
      const key = `${name} ${status}`;
      this.#sums.set(key, (this.#sums.get(key) ?? 0) + sign * events);
    }
  }
}
