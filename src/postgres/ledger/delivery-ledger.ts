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
import { firstsAmong } from '../../ledger/selection.js';
import type { JournalDatabase } from '../journal-database.js';
import type { Lock } from '../locks.js';
import { rangeColumns } from '../ranges.js';
import type { Values } from '../statements.js';
import { storable } from '../text.js';
import type { Queries, Transaction } from '../transaction.js';
import { countBacklog } from './backlog.js';
import { TODO_LANES } from './claim.sql.js';
import {
  type Ahead,
  type ClaimEnd,
  claimAhead,
  claimBatch,
  isStored,
  openLanes,
  readAhead,
} from './claiming.js';
import { recoverFlight, releaseEvents, settleEvents } from './flights.js';
import { healthValues } from './health.js';
import { HeldLeases } from './held-leases.js';
import * as passSql from './pass.sql.js';
import { pages, readLanes } from './pass-lanes.js';
import { lastPost, postsSince } from './post-log.js';
import { REDACTED_OF_CLAIM } from './release.sql.js';
import { FLIGHT_OF_CLAIM } from './settle.sql.js';
import { knownInFlight } from './settling.js';
import { WorkDueReader } from './work-due.js';

/** Rows in one transaction: short enough that no other writer waits long for it. */
const PAGE = 2_000;

/** Events stay live while a target relies on it. */
const locksOf = (targetId: number): Lock[] => ['classes shared', { target: targetId }];

/** The delivery ledger on PostgreSQL. It has no statement that writes a journal row. */
export class PostgresLedger implements LedgerStore {
  readonly #db: JournalDatabase;
  readonly #random: () => number;
  readonly #waits: Waits;
  readonly #held: HeldLeases;
  readonly #workDue: WorkDueReader;
  /** Where the passes that run now look for work. */
  readonly #lanes = new WeakMap<Pass, PassLanes>();
  /** What they have read for their next claim. */
  readonly #ahead = new WeakMap<Pass, Ahead>();

  /** `random` is the jitter of backoffs; `held` are the targets that are locked. */
  constructor(
    db: JournalDatabase,
    random: () => number = Math.random,
    waits: Waits = WAITS,
    held = new HeldLeases(),
  ) {
    this.#db = db;
    this.#random = random;
    this.#waits = waits;
    this.#held = held;
    this.#workDue = new WorkDueReader(db);
  }

  async takeLease(targetId: number, holder: string): Promise<Lease> {
    const token = randomUUID();
    const held = this.#held.of(targetId);
    const values = { targetId, token, holder: storable(holder), locked: held?.token ?? null };
    const isTaken = (await this.#writeToTarget(targetId, passSql.TAKE_LEASE, values)) > 0;
    if (!isTaken && held !== undefined) throw await lostLease(this.#db, targetId);
    if (held !== undefined) held.token = token;
    return { targetId, token };
  }

  async beginPass(lease: Lease, now: number): Promise<Pass> {
    await this.#clampFutureRetries(lease.targetId, now);
    const jitter = { random: this.#random, waits: this.#waits };
    let recovered = 0;
    const rest = async (tx: Transaction): Promise<Pass> => {
      recovered = Math.max(recovered, await recoverFlight(tx, lease.targetId, now, jitter));
      const opened = await tx.get<{ passNo: number } & TargetHealth>(passSql.OPEN_PASS, {
        ...lease,
      });
      if (opened === undefined) throw await lostLease(tx, lease.targetId);
      const { passNo, ...health } = opened;
      return { lease, passNo, head: tx.head, startedAt: now, recovered, health };
    };
    const pass = await this.#db.write(locksOf(lease.targetId), { rest, isRepeatable: true });
    step('dispatch.pass-begun');
    return pass;
  }

  /** In pages, as a wrong clock can have put off everything there is. */
  async #clampFutureRetries(targetId: number, now: number): Promise<void> {
    const latest = now + this.#waits.longestMs;
    for await (const page of pages<OriginColumns>(this.#db, TODO_LANES, { targetId })) {
      const originIds = page.map(({ originId }) => originId);
      const values = { targetId, latest, originIds };
      const one = { ...values, page: 1 };
      if ((await this.#db.get(passSql.HAS_FUTURE_RETRIES, one)) === undefined) continue;
      const clamp = (): Promise<number> =>
        this.#db.write({ target: targetId }, (tx) =>
          tx.run(passSql.CLAMP_FUTURE_RETRIES, { ...values, now, page: PAGE }),
        );
      while ((await clamp()) === PAGE) await turn();
    }
  }

  async claim(pass: Pass, request: ClaimRequest): Promise<Claim | undefined> {
    const lanes = await this.#lanesOf(pass, request);
    const ahead = this.#takeAhead(pass);
    ahead?.lanes.putBack(0);
    const claim = await this.#withLanes(pass, async () => {
      let last: ClaimEnd | undefined;
      const { claim, rows } = await this.#db.write(locksOf(pass.lease.targetId), {
        opening: (queries) => openLanes(queries, pass, request, lanes),
        rest: async (tx, starts) => {
          if (last !== undefined && (await isStored(tx, pass, last)))
            return { ...last, rows: Promise.resolve(1) };
          last = await claimBatch(tx, pass, request, { lanes, starts, ahead });
          return last;
        },
        isRepeatable: true,
      });
      if ((await rows) === 0) throw await lostLease(this.#db, pass.lease.targetId);
      return claim;
    });
    lanes.putBack(firstsAmong(claim?.events ?? []));
    step('dispatch.claimed');
    return claim;
  }

  async lookAhead(pass: Pass, request: ClaimRequest): Promise<readonly ClaimedEvent[] | undefined> {
    this.#takeAhead(pass)?.lanes.putBack(0);
    const lanes = await this.#lanesOf(pass, request);
    const ahead = await this.#withLanes(pass, () => readAhead(this.#db, pass, request, lanes));
    if (ahead !== undefined) this.#ahead.set(pass, ahead);
    return ahead?.events;
  }

  async claimBehind(pass: Pass, claim: Claim, request: ClaimRequest): Promise<Claim | undefined> {
    const ahead = this.#ahead.get(pass);
    const mayBe = ahead !== undefined && claim.events.every(({ first }) => first);
    if (!mayBe || ahead.lanes !== (await this.#lanesOf(pass, request))) return undefined;
    this.#ahead.delete(pass);
    const { lease } = pass;
    const values = { ...lease, claimId: claim.claimId };
    const claimed = await this.#withLanes(pass, () =>
      this.#db.write(locksOf(lease.targetId), {
        opening: (queries) =>
          Promise.all([
            queries.get<Flight>(FLIGHT_OF_CLAIM, values),
            openLanes(queries, pass, request, ahead.lanes),
          ]),
        rest: async (tx, [flight, starts]) =>
          flight && claimAhead(tx, pass, request, flight, ahead, starts),
        isRepeatable: true,
      }),
    );
    ahead.lanes.putBack(firstsAmong(claimed?.events ?? []));
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

  /** Work that failed has left the lanes ahead of the ledger. */
  async #withLanes<T>(pass: Pass, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.#lanes.delete(pass);
      throw error;
    }
  }

  async settle(pass: Pass, claim: Claim, request: SettleRequest): Promise<boolean> {
    const jitter = { random: this.#random, waits: this.#waits };
    const settled = await this.#db.write(locksOf(pass.lease.targetId), {
      opening: (queries) => knownInFlight(queries, pass, claim, request),
      rest: (tx, known) => settleEvents(tx, pass, known, request, jitter),
      isRepeatable: true,
    });
    step('dispatch.settled');
    return settled;
  }

  async redactedOf(
    { lease }: Pass,
    { claimId }: Claim,
    events: readonly ClaimedEvent[],
  ): Promise<ReadonlySet<number> | undefined> {
    const ranges = rangeColumns(events.map(({ seq }) => seq));
    const values = { ...lease, claimId, ...ranges };
    const found = await this.#db.get<{ redacted: string[] }>(REDACTED_OF_CLAIM, values);
    return found && new Set(found.redacted.map(Number));
  }

  async release(pass: Pass, claim: Claim, events: readonly ClaimedEvent[]): Promise<boolean> {
    this.#lanes.delete(pass);
    return this.#db.write(locksOf(pass.lease.targetId), {
      rest: (tx) => releaseEvents(tx, pass, claim, events),
      isRepeatable: true,
    });
  }

  async endPass({ lease }: Pass, health: TargetHealth, now: number): Promise<void> {
    const values = { ...lease, ...healthValues(health), now };
    await this.#writeToTarget(lease.targetId, passSql.CLOSE_PASS, values);
    step('dispatch.pass-ended');
  }

  backlog(targetId: number, heldBy: Permission, newStart?: number | null): Promise<Backlog> {
    return countBacklog(this.#db, targetId, heldBy, newStart ?? null);
  }

  async noteBlocked(targetId: number, gate: ClosedGate | null): Promise<void> {
    const reason = gate?.reason ?? null;
    const values = {
      targetId,
      reason,
      message: storable(gate === null ? null : wholeText(gate)),
    };
    await this.#writeToTarget(targetId, passSql.NOTE_BLOCKED, values);
  }

  /** One statement, which done twice is as done once; how many rows it wrote. */
  #writeToTarget(targetId: number, statement: string, values: Values): Promise<number> {
    const rest = (tx: Transaction): Promise<number> => tx.run(statement, values);
    return this.#db.write({ target: targetId }, { rest, isRepeatable: true });
  }

  workDue(targetId: number, heldBy: Permission): Promise<WorkDue> {
    return this.#workDue.read(targetId, heldBy);
  }

  lastPost(targetId: number): Promise<number> {
    return lastPost(this.#db, targetId);
  }

  postsSince(targetId: number, id: number): Promise<LoggedPost[]> {
    return postsSince(this.#db, targetId, id);
  }
}

interface Flight {
  readonly claimId: string;
  readonly seqs: string;
}

async function lostLease(queries: Pick<Queries, 'get'>, targetId: number): Promise<LostLeaseError> {
  const row = await queries.get<{ name: string | null }>(passSql.TARGET_NAME, { targetId });
  return new LostLeaseError(targetId, row?.name ?? `target ${targetId}`);
}
