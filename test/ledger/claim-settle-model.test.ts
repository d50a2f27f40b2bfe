import { copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import type { Claim, OriginFields, Outcome, Pass, Permission } from '../../src/dispatch/ports.js';
import { type Core, givenTarget, openCore, rows } from '../support/core.js';
import { inProject, newEvents } from '../support/events.js';
import { assertLedgerInvariant } from '../support/invariant.js';
import { rounds } from '../support/rounds.js';
import { temporaryHome } from '../support/temporary-home.js';
import { beginPass, claim, ledgerTables, SUCCESS, settle } from './hand-drain.js';
import { TargetModel } from './ledger-model.js';

const ORIGINS = ['p0', 'p1', 'p2'];
const TYPES = ['A', 'B'];
const TARGETS = [1, 2];
const KINDS = [
  'success',
  'duplicate',
  'pending',
  'rejected',
  'transient',
  'terminal_failed',
] as const satisfies Outcome['kind'][];

/** One thing that happens on the machine. */
type Happening =
  | { do: 'capture'; origin: number; type: number; count: number }
  | { do: 'begin' | 'crash' | 'late' | 'release'; target: number }
  | { do: 'from'; target: number; at: number }
  | ({ do: 'claim'; target: number } & HowToClaim)
  | { do: 'settle'; target: number; kinds: Outcome['kind'][] }
  | { do: 'replay'; target: number; nth: number }
  | { do: 'wait'; ms: number };

interface HowToClaim {
  most: number;
  heldOrigins: number;
  /** One bit for each type that the target does not get. */
  excludedTypes: number;
  honourBackoff: boolean;
}

describe('the ledger under random operations', () => {
  it('agrees with a simple model, and everything is delivered once in the end', async function () {
    // The number of operations bounds it, and a busy machine takes its time for each.
    this.timeout(0);
    const template = await givenTemplate();
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyHappening(), { minLength: 5, maxLength: 60, size: 'max' }),
        async (story) => {
          const machine = await Machine.start(template);
          try {
            for (const happening of story) await machine.live(happening);
            await machine.deliverEverything();
          } finally {
            machine.core.db.close();
          }
        },
      ),
      { numRuns: rounds(100, 2_000) },
    );
  });
});

/** One journal with its two targets, lived through step by step beside the model. */
class Machine {
  readonly core: Core;
  readonly #targets = new Map(TARGETS.map((id) => [id, new Session(id)]));
  #now = 1_000_000;
  #captured = 0;

  private constructor(core: Core) {
    this.core = core;
  }

  static async start(template: string): Promise<Machine> {
    const file = join(temporaryHome(), 'redrain', 'journal.db');
    mkdirSync(dirname(file));
    copyFileSync(template, file);
    const core = await openCore(dirname(dirname(file)));
    // Nothing here is about power failures.
    core.db.statement('PRAGMA synchronous = OFF').run();
    return new Machine(core);
  }

  async live(happening: Happening): Promise<void> {
    if (happening.do === 'capture') await this.#capture(happening);
    else if (happening.do === 'wait') this.#now += happening.ms;
    else await this.#liveAtTarget(happening);
    assertLedgerInvariant(this.core);
    for (const session of this.#targets.values()) await session.compare(this.core);
  }

  /** Everything works from now on, and every target gets everything. What was parked as terminal is retried by its operator. */
  async deliverEverything(): Promise<void> {
    await this.core.db.write((db) =>
      db.exec(`INSERT INTO todo (target_id, seq, origin_id, due_at, pass_no, company, replay)
        SELECT target_id, seq, origin_id, 0, 0, 'any', 1 FROM delivery JOIN event USING (seq)
        WHERE status = 'terminal_failed'
          AND NOT EXISTS (SELECT 1 FROM todo t WHERE t.target_id = delivery.target_id AND t.seq = delivery.seq)`),
    );
    for (const { targetId } of this.#targets.values()) {
      await this.core.targets.startAt(targetId, 0, this.#now);
      const pass = await beginPass(this.core, targetId, this.#now);
      for (let next = await claim(this.core, pass); next !== undefined; ) {
        await settle(this.core, pass, next, SUCCESS);
        next = await claim(this.core, pass);
      }
    }
    assertLedgerInvariant(this.core);
    this.#expectAllDelivered();
  }

  async #capture({ origin, type, count }: Happening & { do: 'capture' }): Promise<void> {
    const eventType = TYPES[type] as string;
    const more = { ...inProject(ORIGINS[origin] as string), eventType };
    const events = newEvents(count, `e${this.#captured}`, more);
    this.#captured += count;
    await this.core.journal.append(events, 'capture');
  }

  async #liveAtTarget(happening: Exclude<Happening, { do: 'capture' | 'wait' }>): Promise<void> {
    const session = this.#targets.get(happening.target) as Session;
    switch (happening.do) {
      case 'begin':
        return session.begin(this.core, this.#now);
      case 'crash':
        return session.crash();
      case 'late':
        return session.settleLate(this.core);
      case 'release':
        return session.release(this.core);
      case 'from':
        return session.startAt(this.core, happening.at % (this.#captured + 2), this.#now);
      case 'claim':
        return session.claim(this.core, happening, this.#now);
      case 'settle':
        return session.settle(this.core, happening.kinds, this.#now);
      case 'replay':
        return session.replay(this.core, happening.nth);
    }
  }

  #expectAllDelivered(): void {
    const counted = rows(
      this.core,
      `SELECT target_id AS target, count(*) AS n FROM delivery
       WHERE status IN ('success', 'duplicate') GROUP BY 1`,
    );
    const expected = TARGETS.map((target) => ({ target, n: this.#captured }));
    expect(counted).to.deep.equal(this.#captured === 0 ? [] : expected);
    expect(rows(this.core, 'SELECT * FROM todo')).to.deep.equal([]);
    expect(rows(this.core, 'SELECT * FROM flight')).to.deep.equal([]);
  }
}

/** Whoever drains one target: at most one process, and what the one before it left behind. */
class Session {
  readonly targetId: number;
  readonly #model = new TargetModel();
  #pass: Pass | undefined;
  #claim: Claim | undefined;
  #stale: { pass: Pass; claim: Claim } | undefined;
  /** The newest event of each origin that was ever claimed: first attempts never go back. */
  readonly #reached = new Map<number, number>();
  readonly #everClaimed = new Set<number>();
  /** Excluded once: they may come behind later ones. */
  readonly #wereExcluded = new Set<number>();
  /** The first event the target gets. */
  #start = 0;

  constructor(targetId: number) {
    this.targetId = targetId;
  }

  async begin(core: Core, now: number): Promise<void> {
    if (this.#pass !== undefined && this.#claim !== undefined)
      this.#stale = { pass: this.#pass, claim: this.#claim };
    const left = this.#model.inFlight.size;
    this.#model.recover();
    this.#pass = await beginPass(core, this.targetId, now);
    this.#claim = undefined;
    expect(this.#pass.recovered).to.equal(left);
  }

  async crash(): Promise<void> {
    this.#pass = undefined;
    this.#claim = undefined;
  }

  async claim(core: Core, how: HowToClaim, now: number): Promise<void> {
    if (this.#pass === undefined || this.#model.inFlight.size > 0) return;
    const heldBy = permission(how);
    this.#claim = await claim(core, this.#pass, {
      maxEvents: how.most,
      heldBy,
      ignoreBackoff: !how.honourBackoff,
      now,
    });
    if (this.#claim === undefined) return;
    const { events } = this.#claim;
    expect(events.length).to.be.within(1, how.most);
    for (const [i, { seq, originId }] of events.entries()) {
      expect(seq, 'in the order of the journal').to.be.greaterThan(events[i - 1]?.seq ?? 0);
      expect(heldBy(this.#originOf(core, originId))).to.equal(null);
      this.#expectMayBeClaimed(seq, originId);
    }
  }

  /** Nothing of it was posted: it is as if it had not been claimed. */
  async release(core: Core): Promise<void> {
    if (this.#pass === undefined || this.#claim === undefined) return;
    const { events } = this.#claim;
    const isCurrent = this.#model.inFlight.size > 0;
    expect(await core.ledger.release(this.#pass, this.#claim, events)).to.equal(isCurrent);
    for (const { seq } of events) this.#model.inFlight.delete(seq);
    this.#claim = undefined;
  }

  async startAt(core: Core, seq: number, now: number): Promise<void> {
    for (const one of this.#early(core)) this.#wereExcluded.add(one);
    await core.targets.startAt(this.targetId, seq, now);
    this.#start = seq;
    for (const one of this.#early(core)) this.#wereExcluded.add(one);
  }

  /** Excluded by where the target starts. */
  #early(core: Core): number[] {
    return rows<{ seq: number }>(core, 'SELECT seq FROM event ORDER BY seq')
      .map(({ seq }) => seq)
      .filter((seq) => seq < this.#start && this.#isUnknown(seq) && !this.#model.inFlight.has(seq));
  }

  #isUnknown(seq: number): boolean {
    return !this.#model.deliveries.has(seq);
  }

  async settle(core: Core, kinds: readonly Outcome['kind'][], now: number): Promise<void> {
    if (this.#pass === undefined || this.#claim === undefined) return;
    // As many as there are kinds: the rest stays in flight.
    const events = this.#claim.events.slice(0, kinds.length);
    const kindOf = new Map(events.map((event, i) => [event.seq, kinds[i] as Outcome['kind']]));
    const stillFlying = events.filter((event) => this.#model.inFlight.has(event.seq));
    const settled = await settle(
      core,
      this.#pass,
      this.#claim,
      (event) => outcomeOf(kindOf.get(event.seq) as Outcome['kind']),
      { events, now },
    );
    expect(settled).to.equal(this.#model.inFlight.size > 0);
    if (!settled) return;
    for (const { seq } of stillFlying) this.#model.judge(seq, kindOf.get(seq) as Outcome['kind']);
  }

  /** The result of a process that everybody took for dead. */
  async settleLate(core: Core): Promise<void> {
    if (this.#stale === undefined) return;
    const before = ledgerTables(core);
    expect(await settle(core, this.#stale.pass, this.#stale.claim, SUCCESS)).to.equal(false);
    expect(ledgerTables(core)).to.deep.equal(before);
  }

  /** As an operator's replay marks one delivered event. */
  async replay(core: Core, nth: number): Promise<void> {
    const delivered = [...this.#model.deliveries.keys()].filter(
      (seq) =>
        this.#model.isDelivered(seq) &&
        !this.#model.replayed.has(seq) &&
        !this.#model.inFlight.has(seq),
    );
    const seq = delivered[nth % Math.max(delivered.length, 1)];
    if (seq === undefined) return;
    await core.db.write((db) =>
      db
        .prepare(
          `INSERT INTO todo (target_id, seq, origin_id, due_at, pass_no, company, replay)
           SELECT ?, seq, origin_id, 0, 0, 'any', 1 FROM event WHERE seq = ?`,
        )
        .run(this.targetId, seq),
    );
    this.#model.replayed.add(seq);
    this.#model.doneInPass.delete(seq);
  }

  /** What counters, the list of events and the model say is excluded. */
  async #compareExcluded(core: Core): Promise<void> {
    const heldBy = permission({ heldOrigins: 1, excludedTypes: 2 });
    const query = { targetId: this.targetId, filter: {}, permission: heldBy };
    const early = new Set(this.#early(core));
    const known = rows<Known>(core, EVENTS).filter(({ seq }) => this.#isUnknown(seq));
    const excluded = known.filter((one) => early.has(one.seq) || heldBy(one) === 'excluded');
    const others = known.filter((one) => !excluded.includes(one));
    const held = others.filter((one) => heldBy(one) !== null);
    const listed = async (state: 'excluded' | 'held' | 'unsent'): Promise<string[]> =>
      (await core.reports.newestEvents({ ...query, state }, 1_000)).map((one) => one.event_id);
    const ids = (events: readonly Known[]) => events.map(({ id }) => id).reverse();
    expect(await listed('excluded')).to.deep.equal(ids(excluded));
    expect(await listed('held')).to.deep.equal(ids(held));
    expect(await listed('unsent')).to.deep.equal(ids(others.filter((one) => !held.includes(one))));
    const backlog = await core.ledger.backlog(this.targetId, heldBy);
    expect(backlog.excluded).to.equal(excluded.length);
    expect(backlog.held.project_not_allowed ?? 0).to.equal(held.length);
    expect(backlog.unsent).to.equal(others.length - held.length);
  }

  async compare(core: Core): Promise<void> {
    await this.#compareExcluded(core);
    const stored = rows(
      core,
      `SELECT seq, status, attempt_count AS attempts, rejection_count AS rejections, generation
       FROM delivery WHERE target_id = ? ORDER BY seq`,
      this.targetId,
    );
    const expected = [...this.#model.deliveries]
      .map(([seq, delivery]) => ({ seq, ...delivery }))
      .sort((a, b) => a.seq - b.seq);
    expect(stored, `deliveries of target ${this.targetId}`).to.deep.equal(expected);
    const history = rows<{ line: string }>(
      core,
      `SELECT seq || ' ' || generation || ' ' || status AS line FROM delivery_history
       WHERE target_id = ?`,
      this.targetId,
    );
    expect(history.map(({ line }) => line)).to.have.members(this.#model.history);
  }

  #expectMayBeClaimed(seq: number, originId: number): void {
    const model = this.#model;
    expect(model.doneInPass.has(seq), `event ${seq} twice in a pass`).to.equal(false);
    if (!model.replayed.has(seq))
      expect(model.isDelivered(seq), `event ${seq} is delivered`).to.equal(false);
    if (!model.deliveries.has(seq))
      expect(seq, 'never before the first event').to.be.at.least(this.#start);
    if (!this.#everClaimed.has(seq) && !this.#wereExcluded.has(seq))
      expect(seq, 'first attempts go in order').to.be.greaterThan(this.#reached.get(originId) ?? 0);
    this.#everClaimed.add(seq);
    this.#reached.set(originId, Math.max(seq, this.#reached.get(originId) ?? 0));
    model.inFlight.add(seq);
  }

  #originOf(core: Core, originId: number): OriginFields {
    const [origin] = rows<OriginFields>(
      core,
      `SELECT project_uuid AS projectUuid, event_type AS eventType, NULL AS repoSlug, NULL AS checkout
       FROM origin WHERE id = ?`,
      originId,
    );
    return origin as OriginFields;
  }
}

interface Known extends OriginFields {
  readonly seq: number;
  readonly id: string;
}

const EVENTS = `
  SELECT e.seq, e.event_id AS id, e.event_type AS eventType, o.project_uuid AS projectUuid,
    NULL AS repoSlug, NULL AS checkout
  FROM event e JOIN origin o ON o.id = e.origin_id ORDER BY e.seq`;

function permission(how: Pick<HowToClaim, 'heldOrigins' | 'excludedTypes'>): Permission {
  return ({ projectUuid, eventType }) => {
    if ((how.excludedTypes >> TYPES.indexOf(eventType)) & 1) return 'excluded';
    const isHeld = (how.heldOrigins >> ORIGINS.indexOf(projectUuid ?? '')) & 1;
    return isHeld ? 'project_not_allowed' : null;
  };
}

function outcomeOf(kind: Outcome['kind']): Outcome {
  switch (kind) {
    case 'success':
    case 'duplicate':
      return { kind };
    case 'pending':
      return { kind, serverState: 'queued' };
    case 'rejected':
    case 'transient':
    case 'terminal_failed':
      return { kind, reason: 'because' };
  }
}

function anyHappening(): fc.Arbitrary<Happening> {
  const target = fc.constantFrom(...TARGETS);
  return fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('capture' as const),
        origin: fc.nat({ max: ORIGINS.length - 1 }),
        type: fc.nat({ max: TYPES.length - 1 }),
        count: fc.integer({ min: 1, max: 6 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('begin' as const), target }) },
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('claim' as const),
        target,
        most: fc.integer({ min: 1, max: 8 }),
        heldOrigins: fc.oneof(fc.constant(0), fc.nat({ max: 7 })),
        excludedTypes: fc.oneof(fc.constant(0), fc.nat({ max: 3 })),
        honourBackoff: fc.boolean(),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('settle' as const),
        target,
        kinds: fc.array(fc.constantFrom(...KINDS), { minLength: 1, maxLength: 8 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constantFrom('crash' as const, 'late' as const, 'release' as const),
        target,
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('from' as const), target, at: fc.nat(60) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('replay' as const), target, nth: fc.nat(50) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('wait' as const),
        ms: fc.integer({ min: 1, max: 10_000 }),
      }),
    },
  );
}

/** An empty journal that knows both targets; each run begins with a copy. */
async function givenTemplate(): Promise<string> {
  const core = await openCore();
  for (const id of TARGETS) await givenTarget(core, `t${id}`);
  core.db.close();
  return core.file;
}
