import { randomUUID } from 'node:crypto';
import { wholeText } from '../../base/advice.js';
import { turn } from '../../base/pace.js';
import { step } from '../../base/steps.js';
import type {
  Backlog,
  Claim,
  ClaimedEvent,
  ClaimRequest,
  ClosedGate,
  Lease,
  Pass,
  Permission,
  SettleRequest,
  TargetHealth,
} from '../../dispatch/ports.js';
import { WAITS, type Waits } from '../../dispatch/waits.js';
import {
  type LedgerStore,
  type LoggedPost,
  LostLeaseError,
  type WorkDue,
} from '../../ledger/delivery-ledger.js';
import type { OriginColumns } from '../../ledger/origins.js';
import type { PassLanes } from '../../ledger/pass-lanes.js';
import { interruptedRow, postRow } from '../../ledger/post-row.js';
import { INTERRUPTED_RULING, type Ruling, refusedOf } from '../../ledger/rulings.js';
import { fromRanges, type SeqRanges, takeOut } from '../../ledger/seq-ranges.js';
import { withoutWords } from '../../ledger/unsaid.js';
import type { JournalDatabase } from '../journal-database.js';
import { countBacklog } from './backlog.js';
import { TODO_LANES } from './claim.sql.js';
import { type Ahead, claimAhead, claimBatch, readAhead } from './claiming.js';
import * as passSql from './pass.sql.js';
import { pages, readLanes } from './pass-lanes.js';
import { lastPost, logPost, postsSince } from './post-log.js';
import { giveBack, redactedAmong } from './releasing.js';
import { followUnarrived } from './revisions.js';
import * as sql from './settle.sql.js';
import { applyRulings } from './settling.js';
import { WorkDueReader } from './work-due.js';

/** Rows in one transaction: short enough that no other writer waits long for it. */
const PAGE = 2_000;

interface FlightRow {
  claimId: string;
  seqs: string;
  /** When the post began that is on the wire, or is about to. */
  startedAt: number;
}

/** The delivery ledger on SQLite. It has no statement that writes a journal row. */
export class SqliteLedger implements LedgerStore {
  readonly #db: JournalDatabase;
  readonly #random: () => number;
  readonly #waits: Waits;
  readonly #workDue: WorkDueReader;
  /** Where the passes that run now look for work. */
  readonly #lanes = new WeakMap<Pass, PassLanes>();
  /** What they have read for their next claim. */
  readonly #ahead = new WeakMap<Pass, Ahead>();

  /** `random` is the jitter of backoffs. */
  constructor(db: JournalDatabase, random: () => number = Math.random, waits: Waits = WAITS) {
    this.#db = db;
    this.#random = random;
    this.#waits = waits;
    this.#workDue = new WorkDueReader(db);
  }

  async takeLease(targetId: number, holder: string): Promise<Lease> {
    const token = randomUUID();
    await this.#db.write(() =>
      this.#db.statement(passSql.TAKE_LEASE).run({ targetId, token, holder }),
    );
    return { targetId, token };
  }

  async beginPass(lease: Lease, now: number): Promise<Pass> {
    await this.#clampFutureRetries(lease.targetId, now);
    const pass = await this.#db.write(() => {
      const recovered = this.#recoverFlight(lease.targetId, now);
      const opened = this.#db.statement(passSql.OPEN_PASS).get({ ...lease });
      if (opened === undefined) throw this.#lost(lease.targetId);
      const { passNo, ...health } = opened as { passNo: number } & TargetHealth;
      const { head } = this.#db.statement(passSql.JOURNAL_HEAD).get() as { head: number };
      return { lease, passNo, head, startedAt: now, recovered, health };
    });
    step('dispatch.pass-begun');
    return pass;
  }

  /** In pages, as a wrong clock can have put off everything there is. */
  async #clampFutureRetries(targetId: number, now: number): Promise<void> {
    const latest = now + this.#waits.longestMs;
    const clamp = this.#db.statement(passSql.CLAMP_FUTURE_RETRIES);
    for await (const page of pages<OriginColumns>(this.#db, TODO_LANES, { targetId })) {
      const origins = JSON.stringify(page.map(({ originId }) => originId));
      const values = { targetId, now, latest, origins, page: PAGE };
      if (
        this.#db.read(() => this.#db.statement(passSql.HAS_FUTURE_RETRIES).get(values)) ===
        undefined
      )
        continue;
      while ((await this.#db.write(() => clamp.run(values).changes)) === PAGE) await turn();
    }
  }

  async claim(pass: Pass, request: ClaimRequest): Promise<Claim | undefined> {
    const lanes = await this.#lanesOf(pass, request);
    const ahead = this.#takeAhead(pass);
    const claim = await this.#withLanes(pass, () => {
      this.#assertLease(pass.lease);
      return claimBatch(this.#db, pass, request, randomUUID(), lanes, ahead);
    });
    step('dispatch.claimed');
    return claim;
  }

  async lookAhead(pass: Pass, request: ClaimRequest): Promise<readonly ClaimedEvent[] | undefined> {
    this.#takeAhead(pass)?.lanes.putBack(0);
    const lanes = await this.#lanesOf(pass, request);
    const ahead = readAhead(this.#db, pass, request, lanes);
    if (ahead !== undefined) this.#ahead.set(pass, ahead);
    return ahead?.events;
  }

  async claimBehind(pass: Pass, claim: Claim, request: ClaimRequest): Promise<Claim | undefined> {
    const ahead = this.#ahead.get(pass);
    const mayBe = ahead !== undefined && claim.events.every(({ first }) => first);
    if (!mayBe || ahead.lanes !== (await this.#lanesOf(pass, request))) return undefined;
    this.#ahead.delete(pass);
    const claimed = await this.#withLanes(pass, () => {
      const flight = this.#flightOf(pass, claim);
      if (flight !== undefined) return claimAhead(this.#db, pass, request, flight, ahead);
      ahead.lanes.putBack(0);
      return undefined;
    });
    if (claimed !== undefined) step('dispatch.claimed');
    return claimed;
  }

  #takeAhead(pass: Pass): Ahead | undefined {
    const ahead = this.#ahead.get(pass);
    this.#ahead.delete(pass);
    return ahead;
  }

  /** Those of the pass, read again when another permission is in force than the last time. */
  async #lanesOf(pass: Pass, request: ClaimRequest): Promise<PassLanes> {
    const known = this.#lanes.get(pass);
    if (known?.serves(pass, request)) return known;
    const lanes = await readLanes(this.#db, pass, request);
    this.#lanes.set(pass, lanes);
    return lanes;
  }

  /** A transaction that failed has left the lanes ahead of the ledger. */
  async #withLanes<T>(pass: Pass, work: () => T): Promise<T> {
    try {
      return await this.#db.write(work);
    } catch (error) {
      this.#lanes.delete(pass);
      throw error;
    }
  }

  async settle(pass: Pass, claim: Claim, request: SettleRequest): Promise<boolean> {
    const settled = await this.#db.write(() => {
      const flight = this.#flightOf(pass, claim);
      if (flight === undefined) return false;
      const judged = request.settlements.map(({ event }) => event.seq);
      const { left, taken } = takeOut(JSON.parse(flight.seqs) as SeqRanges, judged);
      const heard = this.#isOvertaken(request) ? withoutWords(request) : request;
      this.#applySettlements(pass, heard, taken);
      this.#endFlightOfAllBut(left, pass, flight, heard.now);
      if (heard.post !== undefined) {
        const { passNo, lease } = pass;
        logPost(this.#db, { targetId: lease.targetId, passNo }, postRow(heard.post));
      }
      followUnarrived(this.#db, pass.lease.targetId, refusedOf(heard.settlements));
      this.#recordHealth(pass.lease, heard.health);
      return true;
    }, 'soon');
    step('dispatch.settled');
    return settled;
  }

  /** Whether an event of the post was redacted while it was on its way. */
  #isOvertaken({ post }: SettleRequest): boolean {
    return post !== undefined && redactedAmong(this.#db, post.events).size > 0;
  }

  async redactedOf(
    pass: Pass,
    claim: Claim,
    events: readonly ClaimedEvent[],
  ): Promise<ReadonlySet<number> | undefined> {
    return this.#db.read(() =>
      this.#flightOf(pass, claim) === undefined ? undefined : redactedAmong(this.#db, events),
    );
  }

  async release(pass: Pass, claim: Claim, events: readonly ClaimedEvent[]): Promise<boolean> {
    this.#lanes.delete(pass);
    return this.#db.write(() => {
      const flight = this.#flightOf(pass, claim);
      if (flight === undefined) return false;
      const given = events.map(({ seq }) => seq);
      const { left, taken } = takeOut(JSON.parse(flight.seqs) as SeqRanges, given);
      const back = events.filter(({ seq }) => taken.delete(seq));
      giveBack(this.#db, pass, back);
      this.#endFlightOfAllBut(left, pass, flight);
      const seqs = back.map(({ seq }) => seq);
      followUnarrived(this.#db, pass.lease.targetId, seqs);
      return true;
    });
  }

  async endPass(pass: Pass, health: TargetHealth, now: number): Promise<void> {
    await this.#db.write(() => {
      this.#recordHealth(pass.lease, health);
      this.#db.statement(passSql.CLOSE_PASS).run({ ...pass.lease, now });
    });
    step('dispatch.pass-ended');
  }

  async backlog(targetId: number, heldBy: Permission, newStart?: number | null): Promise<Backlog> {
    return countBacklog(this.#db, targetId, heldBy, newStart ?? null);
  }

  async noteBlocked(targetId: number, gate: ClosedGate | null): Promise<void> {
    await this.#db.write(() =>
      this.#db
        .statement(passSql.NOTE_BLOCKED)
        .run(gate?.reason ?? null, gate === null ? null : wholeText(gate), targetId),
    );
  }

  workDue(targetId: number, heldBy: Permission): Promise<WorkDue> {
    return this.#workDue.read(targetId, heldBy);
  }

  async lastPost(targetId: number): Promise<number> {
    return lastPost(this.#db, targetId);
  }

  async postsSince(targetId: number, id: number): Promise<LoggedPost[]> {
    return postsSince(this.#db, targetId, id);
  }

  /** What a crash left in flight may have arrived: transient, and due at once. */
  #recoverFlight(targetId: number, now: number): number {
    const flight = this.#flight(targetId);
    if (flight === undefined) return 0;
    const seqs = fromRanges(JSON.parse(flight.seqs) as SeqRanges);
    const rows = this.#db.statement(sql.ORIGINS_OF).all(JSON.stringify(seqs)) as Ruling['event'][];
    const rulings = rows.map((event): Ruling => ({ event, ...INTERRUPTED_RULING }));
    const { passNo } = this.#db
      .statement('SELECT pass_no AS passNo FROM target WHERE id = ?')
      .get(targetId) as { passNo: number };
    applyRulings(this.#db, rulings, {
      targetId,
      passNo,
      now,
      attemptedAt: Math.min(flight.startedAt, now),
      httpStatus: null,
      deploymentRef: null,
      random: this.#random,
      waits: this.#waits,
    });
    logPost(this.#db, { targetId, passNo }, interruptedRow(flight, now));
    this.#db.statement(sql.DELETE_FLIGHT).run(targetId, flight.claimId);
    return seqs.length;
  }

  /** An event gets no second verdict, and none that is not in flight gets any. */
  #applySettlements(pass: Pass, request: SettleRequest, inFlight: Set<number>): void {
    const { settlements } = request;
    // As many as there are verdicts: each is on another event, and all of them are in flight.
    const rulings =
      inFlight.size === settlements.length
        ? settlements
        : settlements.filter(({ event }) => inFlight.delete(event.seq));
    applyRulings(this.#db, rulings, {
      targetId: pass.lease.targetId,
      passNo: pass.passNo,
      now: request.now,
      httpStatus: request.post?.report.httpStatus ?? null,
      deploymentRef: request.deploymentRef,
      random: this.#random,
      waits: this.#waits,
    });
  }

  /** What stays in flight after a post is about to be posted again: its time starts now. */
  #endFlightOfAllBut(
    left: SeqRanges,
    { lease: { targetId } }: Pass,
    flight: FlightRow,
    now = flight.startedAt,
  ): void {
    if (left.length === 0) {
      this.#db.statement(sql.DELETE_FLIGHT).run(targetId, flight.claimId);
      return;
    }
    const seqs = JSON.stringify(left);
    this.#db.statement(sql.CHANGE_FLIGHT).run(seqs, now, targetId, flight.claimId);
  }

  #recordHealth(lease: Lease, health: TargetHealth): void {
    this.#db.statement(passSql.RECORD_HEALTH).run({ ...lease, ...health });
  }

  /** The flight of this claim; undefined when the lease or the flight has moved on. */
  #flightOf({ lease }: Pass, { claimId }: Claim): FlightRow | undefined {
    const flight = this.#db.statement<object, FlightRow>(sql.FLIGHT_UNDER_LEASE).get(lease);
    return flight?.claimId === claimId ? flight : undefined;
  }

  #flight(targetId: number): FlightRow | undefined {
    return this.#db.statement<[number], FlightRow>(sql.FIND_FLIGHT).get(targetId);
  }

  #holdsLease(lease: Lease): boolean {
    return this.#db.statement(passSql.HOLDS_LEASE).get({ ...lease }) !== undefined;
  }

  #lost(targetId: number): LostLeaseError {
    const row = this.#db.statement<[number], { name: string }>(sql.TARGET_NAME).get(targetId);
    return new LostLeaseError(targetId, row?.name ?? `target ${targetId}`);
  }

  #assertLease(lease: Lease): void {
    if (!this.#holdsLease(lease)) throw this.#lost(lease.targetId);
  }
}
