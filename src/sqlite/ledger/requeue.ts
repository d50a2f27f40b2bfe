import { turn } from '../../base/pace.js';
import { step } from '../../base/steps.js';
import {
  meantBy,
  noCounts,
  pageOf,
  type RequeueCandidate,
  type RequeueCounts,
  type RequeuePage,
  type RequeueRequest,
  type RequeueStore,
  tally,
} from '../../ledger/requeue.js';
import { isCounted } from '../../ledger/requeue-counts.js';
import { fromRanges, type SeqRanges } from '../../ledger/seq-ranges.js';
import { SeqWindow } from '../../ledger/seq-window.js';
import { eventConditions } from '../journal/event-filter.sql.js';
import type { JournalDatabase } from '../journal-database.js';
import { CauseTally } from './causes.js';
import * as sql from './requeue.sql.js';
import { countsOfCause } from './requeue-cause.js';
import { countsOf } from './requeue-counts.js';
import { countsOfFailed } from './requeue-failed.js';
import { countsOfTimes } from './requeue-times.js';
import { COUNT_DELIVERIES } from './settle.sql.js';

/** Deliveries in one transaction: short enough that no capture and no event loop waits long for it. */
const PAGE = 1_000;

/** Requeueing on SQLite. */
export class SqliteRequeue implements RequeueStore {
  readonly #db: JournalDatabase;

  constructor(db: JournalDatabase) {
    this.#db = db;
  }

  async count(request: RequeueRequest): Promise<RequeueCounts> {
    const db = this.#db;
    if (isCounted(request)) return countsOf(db, request);
    return (
      countsOfFailed(db, request, () => flightOf(db, request.targetId)) ??
      countsOfCause(db, request) ??
      (await countsOfTimes(db, request)) ??
      countEach(db, request)
    );
  }

  async requeue(
    request: RequeueRequest,
    onProgress: (done: number) => void = () => undefined,
  ): Promise<RequeueCounts> {
    const db = this.#db;
    const counts = noCounts();
    const act = request.kind === 'retry' ? retryPage : replayPage;
    for (const page of pages(db, request)) {
      const seqs = page.selected.map((row) => row.seq);
      const done = seqs.length === 0 ? 0 : await db.write(() => act(db, request, seqs));
      step('requeue.page');
      tally(counts, page);
      // A drain that settled one of them in between was faster than this.
      counts.selected -= seqs.length - done;
      onProgress(counts.selected);
      await turn();
    }
    return counts;
  }
}

/** Looks at each delivery of the target. */
export async function countEach(
  db: JournalDatabase,
  request: RequeueRequest,
): Promise<RequeueCounts> {
  const counts = noCounts();
  for (const page of pages(db, request)) {
    tally(counts, page);
    await turn();
  }
  return counts;
}

/** Each page from a snapshot of its own: nothing stays open while a page is written. */
function* pages(db: JournalDatabase, request: RequeueRequest): Generator<RequeuePage> {
  const { kind, targetId } = request;
  const conditions = eventConditions(request.filter, 'd.seq');
  const states = sql.STATES[kind];
  const statement = db.statement(sql.candidates(states, conditions.sql));
  const { head } = db.statement(sql.HEAD).get() as { head: number };
  const window = new SeqWindow();
  const isMeant = meantBy(request);
  for (let after = 0; after < head; ) {
    const to = after + window.span;
    const page = { ...conditions.values, targetId, after, to, page: PAGE };
    const { rows, inFlight } = db.read(() => ({
      rows: statement.all(page) as RequeueCandidate[],
      inFlight: flightOf(db, targetId),
    }));
    yield pageOf(rows, inFlight, isMeant);
    window.found(rows.length);
    after = rows.length < PAGE ? to : (rows.at(-1)?.seq ?? to);
  }
}

function flightOf(db: JournalDatabase, targetId: number): ReadonlySet<number> {
  const row = db.statement(sql.FLIGHT_OF).get(targetId) as { seqs: string } | undefined;
  return new Set(row === undefined ? [] : fromRanges(JSON.parse(row.seqs) as SeqRanges));
}

function replayPage(db: JournalDatabase, request: RequeueRequest, seqs: number[]): number {
  const { targetId, now } = request;
  const free = notInFlight(db, targetId, seqs);
  return db.statement(sql.MARK_REPLAY).run({ targetId, now, seqs: free }).changes;
}

function retryPage(db: JournalDatabase, request: RequeueRequest, seqs: number[]): number {
  const { targetId, now } = request;
  const retriable = db
    .statement(sql.STILL_RETRIABLE)
    .all({ targetId, seqs: notInFlight(db, targetId, seqs) }) as RetriableRow[];
  // A drain in between may have given one of them another error.
  const rows = retriable.filter(meantBy(request));
  const revived = new Map<number, number>();
  const causes = new CauseTally(db);
  for (const { seq, status, error, originId, passNo } of rows) {
    db.statement(sql.WRITE_DUE_TODO).run({ targetId, originId, seq, now, passNo });
    if (status !== 'terminal_failed') {
      db.statement(sql.MAKE_DUE).run({ targetId, seq, now });
      continue;
    }
    db.statement(sql.REVIVE).run({ targetId, seq, now });
    revived.set(originId, (revived.get(originId) ?? 0) + 1);
    causes.add(targetId, 'terminal_failed', error, -1);
    causes.add(targetId, 'failed_transient', error, 1);
  }
  causes.write();
  moveCounts(db, targetId, revived);
  return rows.length;
}

interface RetriableRow {
  readonly seq: number;
  readonly status: string;
  readonly error: string | null;
  readonly originId: number;
  readonly passNo: number;
}

function moveCounts(
  db: JournalDatabase,
  targetId: number,
  revived: ReadonlyMap<number, number>,
): void {
  const count = db.statement(COUNT_DELIVERIES);
  for (const [originId, events] of revived) {
    count.run(targetId, originId, 'live', 'terminal_failed', -events);
    count.run(targetId, originId, 'live', 'failed_transient', events);
  }
}

/** Of these, the ones that are not on the wire at this moment, as JSON. */
function notInFlight(db: JournalDatabase, targetId: number, seqs: readonly number[]): string {
  const inFlight = flightOf(db, targetId);
  return JSON.stringify(seqs.filter((seq) => !inFlight.has(seq)));
}
