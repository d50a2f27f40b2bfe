import { turn } from '../../base/pace.js';
import { step } from '../../base/steps.js';
import { CauseChanges } from '../../ledger/causes.js';
import { countBy } from '../../ledger/lane-merge.js';
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
import type { Queries, Transaction } from '../transaction.js';
import { writeCauses } from './causes.js';
import * as sql from './requeue.sql.js';
import { countsOf } from './requeue-counts.js';
import { countsOfFailed } from './requeue-failed.js';
import { countsOfTimes } from './requeue-times.js';
import { COUNT_DELIVERIES } from './settle.sql.js';
import { countColumns } from './settling.js';

/** Deliveries in one transaction: short enough that no drain of the target waits long for it. */
const PAGE = 1_000;

/** Requeueing on PostgreSQL. */
export class PostgresRequeue implements RequeueStore {
  readonly #db: JournalDatabase;

  constructor(db: JournalDatabase) {
    this.#db = db;
  }

  async count(request: RequeueRequest): Promise<RequeueCounts> {
    const db = this.#db;
    if (isCounted(request)) return countsOf(db, request);
    const inFlight = (queries: Queries) => flightOf(queries, request.targetId);
    return (
      (await countsOfFailed(db, request, inFlight)) ??
      (await countsOfTimes(db, request)) ??
      countEach(db, request)
    );
  }

  async requeue(
    request: RequeueRequest,
    onProgress: (done: number) => void = () => undefined,
  ): Promise<RequeueCounts> {
    const counts = noCounts();
    const act = request.kind === 'retry' ? retryPage : replayPage;
    const locks = ['classes shared', { target: request.targetId }] as const;
    for await (const page of pages(this.#db, request)) {
      const seqs = page.selected.map((row) => row.seq);
      const done =
        seqs.length === 0 ? 0 : await this.#db.write(locks, (tx) => act(tx, request, seqs));
      step('requeue.page');
      tally(counts, page);
      // A drain that settled one of them in between was faster than this.
      counts.selected -= seqs.length - done;
      onProgress(counts.selected);
    }
    return counts;
  }
}

/** The counts of a look at each delivery. */
export async function countEach(
  db: JournalDatabase,
  request: RequeueRequest,
): Promise<RequeueCounts> {
  const counts = noCounts();
  for await (const page of pages(db, request)) tally(counts, page);
  return counts;
}

/** Each page from a snapshot of its own: nothing stays open while a page is written. */
async function* pages(db: JournalDatabase, request: RequeueRequest): AsyncGenerator<RequeuePage> {
  const { kind, targetId } = request;
  const conditions = eventConditions(request.filter, 'd.seq');
  const states = sql.STATES[kind];
  const statement = sql.candidates(states, conditions.sql);
  const head = (await db.get<{ head: number }>(sql.HEAD))?.head ?? 0;
  const window = new SeqWindow();
  const isMeant = meantBy(request);
  for (let after = 0; after < head; ) {
    const to = after + window.span;
    const values = { ...conditions.values, targetId, after, to, page: PAGE };
    const { rows, inFlight } = await db.read(async (queries) => ({
      rows: await queries.all<RequeueCandidate>(statement, values),
      inFlight: await flightOf(queries, targetId),
    }));
    yield pageOf(rows, inFlight, isMeant);
    await turn();
    window.found(rows.length);
    after = rows.length < PAGE ? to : (rows.at(-1)?.seq ?? to);
  }
}

async function flightOf(queries: Queries, targetId: number): Promise<ReadonlySet<number>> {
  const row = await queries.get<{ seqs: string }>(sql.FLIGHT_OF, { targetId });
  return new Set(row === undefined ? [] : fromRanges(JSON.parse(row.seqs) as SeqRanges));
}

async function replayPage(
  tx: Transaction,
  { targetId, now }: RequeueRequest,
  seqs: readonly number[],
): Promise<number> {
  const free = await notInFlight(tx, targetId, seqs);
  return tx.run(sql.MARK_REPLAY, { targetId, now, seqs: free });
}

async function retryPage(
  tx: Transaction,
  request: RequeueRequest,
  seqs: readonly number[],
): Promise<number> {
  const { targetId, now } = request;
  const free = await notInFlight(tx, targetId, seqs);
  const retriable = await tx.all<RetriableRow>(sql.STILL_RETRIABLE, { targetId, seqs: free });
  // A drain in between may have given one of them another error.
  const rows = retriable.filter(meantBy(request));
  if (rows.length === 0) return 0;
  const due = { targetId, now, seqs: rows.map(({ seq }) => seq) };
  const originIds = rows.map(({ originId }) => originId);
  await tx.run(sql.WRITE_DUE_TODOS, { ...due, originIds, passNo: rows[0]?.passNo ?? 0 });
  await tx.run(sql.MAKE_DUE, due);
  const revived = rows.filter(({ status }) => status === 'terminal_failed');
  if (revived.length > 0) await moveCounts(tx, targetId, revived);
  return rows.length;
}

interface RetriableRow {
  readonly seq: number;
  readonly status: string;
  readonly error: string | null;
  readonly originId: number;
  readonly passNo: number;
}

/** From those that failed for good to those that are transient. */
async function moveCounts(
  tx: Transaction,
  targetId: number,
  revived: readonly RetriableRow[],
): Promise<void> {
  const causes = new CauseChanges();
  for (const { error } of revived) {
    causes.add(targetId, 'terminal_failed', error, -1);
    causes.add(targetId, 'failed_transient', error, 1);
  }
  await writeCauses(tx, causes);
  const counts = [...countBy(revived)].flatMap(([originId, events]) => [
    { originId, class: 'live', status: 'terminal_failed', events: -events },
    { originId, class: 'live', status: 'failed_transient', events },
  ]);
  await tx.run(COUNT_DELIVERIES, { targetId, ...countColumns(counts) });
}

/** Of these, the ones that are not on the wire at this moment. */
async function notInFlight(
  tx: Transaction,
  targetId: number,
  seqs: readonly number[],
): Promise<number[]> {
  const inFlight = await flightOf(tx, targetId);
  return seqs.filter((seq) => !inFlight.has(seq));
}
