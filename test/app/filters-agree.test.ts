import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { App } from '../../src/app/app.js';
import { listEvents } from '../../src/app/events.js';
import { previewDrain } from '../../src/app/preview-drain.js';
import { readStatus } from '../../src/app/status.js';
import { gapOf } from '../../src/app/undelivered.js';
import { passesTypes } from '../../src/policy/type-filter.js';
import type { TargetLedger } from '../../src/reports/ledger-section.js';
import { connectionOf } from '../support/core.js';
import { describeOnEachHome, type EngineHomes } from '../support/each-engine.js';
import { rounds } from '../support/rounds.js';
import { ScriptedReceiver } from '../support/scripted-receiver.js';
import { temporaryHome } from '../support/temporary-home.js';

const TYPES = ['Order', 'OrderDraft', 'Payment', 'Debug'] as const;
const PATTERNS = ['Order*', 'Order', 'Pay????', '*', '!OrderDraft*', '!Debug', '!*'] as const;

/** Milliseconds of a clock that moves by one second for each capture. */
const START = Date.UTC(2026, 0, 1);

/** What config.toml says of the one target, and what happens then. */
interface Step {
  readonly types: readonly string[];
  /** `all`, `now`, or a time: so many captures ago. */
  readonly from: 'all' | 'now' | number;
  readonly allowed: boolean;
  readonly captures: readonly number[];
  /** Most events of the drain; null for none. */
  readonly limit: number | null;
}

/** A server takes longer for each of them. */
const CASES = { SQLite: rounds(120, 10_000), PostgreSQL: rounds(10, 2_000) };

describeOnEachHome('types and from', (on) => {
  const cases = CASES[on.engine];

  it(`mean the same to now --dry-run, events, status and the drain (cases: ${cases})`, async function () {
    this.timeout(rounds(240_000, 7_200_000));
    let home = await Home.open(on);
    let left = 25;
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep(), { minLength: 1, maxLength: 4 }), async (steps) => {
        // A home for some cases: what a target had and has not is a case of its own.
        if (left-- === 0) {
          await home.close();
          home = await Home.open(on);
          left = 25;
        }
        for (const step of steps) await home.live(step);
      }),
      { numRuns: cases },
    );
    await home.close();
  });
});

/** One home with one target, and what that was sent. */
class Home {
  readonly #on: EngineHomes;
  readonly #path = temporaryHome();
  readonly #receiver = new ScriptedReceiver();
  readonly #app: App;
  readonly #captured: { id: string; type: string; second: number }[] = [];
  #second = 0;
  /** Sequence number of the first event that the target gets. */
  #first = 1;
  #from: Step['from'] = 'all';
  #hasTarget = false;

  private constructor(on: EngineHomes) {
    this.#on = on;
    this.#app = new App({
      home: this.#path,
      env: on.env(this.#path),
      now: () => START + this.#second * 1_000,
      random: () => 0.5,
      receiver: () => this.#receiver,
    });
  }

  static async open(on: EngineHomes): Promise<Home> {
    const home = new Home(on);
    const stores = await home.#app.stores();
    // Nothing here is about power failures.
    if (on.engine === 'SQLite') connectionOf(stores).statement('PRAGMA synchronous = OFF').run();
    return home;
  }

  close(): Promise<void> {
    return this.#app.close();
  }

  async live({ from, ...given }: Step): Promise<void> {
    for (const type of given.captures) await this.#capture(TYPES[type] as string);
    const second = typeof from === 'number' ? Math.max(this.#second - from, 0) : from;
    const step = { ...given, from: second };
    this.#configure(step);
    const had = new Set(this.#receiver.posts.flat());
    const first = this.#startOf(step);
    const states = this.#captured.map(({ id, type }, i) => {
      if (had.has(id)) return 'delivered';
      if (i + 1 < first || !passesTypes(step.types, type)) return 'excluded';
      return step.allowed ? 'unsent' : 'held';
    });
    await this.#expectReports(states);
    if (step.limit === null) return;
    const unsent = this.#idsOf(states, 'unsent');
    const posts = this.#receiver.posts.length;
    const report = await this.#app.drain({
      limit: step.limit,
      ignoreBackoff: true,
      waitForLock: true,
      signal: new AbortController().signal,
    });
    this.#follow(step, first);
    // With a limit, new events and those that came to be wanted share the batch.
    const sent = new Set(this.#receiver.posts.slice(posts).flat());
    expect(sent.size).to.equal(Math.min(unsent.length, step.limit));
    expect(unsent).to.include.members([...sent]);
    expect(report).to.include({
      delivered: sent.size,
      excluded: this.#idsOf(states, 'excluded').length,
      held: this.#idsOf(states, 'held').length,
      unsent: unsent.length - sent.size,
    });
    await this.#expectReports(
      states.map((state, i) => (sent.has(this.#captured[i]?.id ?? '') ? 'delivered' : state)),
    );
    await this.#on.assertInvariant(this.#path);
  }

  async #capture(eventType: string): Promise<void> {
    this.#second += 1;
    const id = `e${this.#captured.length + 1}`;
    const bytes = Buffer.from(JSON.stringify({ event_id: id, event_type: eventType }));
    await this.#app.captureGroup([{ bytes }]);
    this.#captured.push({ id, type: eventType, second: this.#second });
  }

  #configure({ types, from, allowed }: Step): void {
    const file = join(this.#path, 'config.toml');
    rmSync(file, { force: true });
    writeFileSync(
      file,
      `[sync]
mode = "EXTERNAL_RECEIVER"
target = "a"
[sync.projects]
unassigned = "${allowed ? 'allow' : 'hold'}"
[sync.targets.a]
url = "http://a.test/in"
projects = "allowed"
from = "${fromText(from)}"
${types.length === 0 ? '' : `types = ${JSON.stringify(types)}`}
`,
    );
  }

  /** Nothing moves while the setting is what the last drain found. */
  #startOf({ from }: Step): number {
    if (this.#hasTarget && fromText(from) === fromText(this.#from)) return this.#first;
    if (from === 'all') return 1;
    if (from === 'now') return this.#captured.length + 1;
    const at = this.#captured.findIndex(({ second }) => second >= from);
    return at < 0 ? this.#captured.length + 1 : at + 1;
  }

  #follow({ from }: Step, first: number): void {
    this.#hasTarget = true;
    this.#from = from;
    this.#first = first;
  }

  #idsOf(states: readonly string[], wanted: string): string[] {
    return this.#captured.filter((_, i) => states[i] === wanted).map(({ id }) => id);
  }

  async #expectReports(states: readonly string[]): Promise<void> {
    const app = this.#app;
    const count = (state: string): number => this.#idsOf(states, state).length;
    const preview = await previewDrain(app, {});
    expect(preview, 'now --dry-run').to.include({
      selected: count('unsent'),
      unsent: count('unsent'),
      excluded: count('excluded'),
      held: count('held'),
    });
    const { events } = await listEvents(app, { limit: 10_000 });
    const listed = new Map(events.map((event) => [event.event_id, event.state]));
    expect(this.#captured.map(({ id }) => listed.get(id))).to.deep.equal(states);
    for (const state of ['excluded', 'unsent', 'held'] as const) {
      const list = await listEvents(app, { state, limit: 10_000 });
      const ids = list.events.map((event) => event.event_id).reverse();
      expect(ids, `events --state ${state}`).to.deep.equal(this.#idsOf(states, state));
    }
    if (!this.#hasTarget) return;
    const row = await this.#ledgerRow();
    expect(row, 'status').to.include({
      delivered: count('delivered'),
      unsent: count('unsent'),
      held: count('held'),
      excluded: count('excluded'),
      total: states.length,
      adds_up: true,
    });
    const gap = await gapOf(app, row.target_id);
    expect(gap?.undelivered).to.include({ unsent: count('unsent'), held: count('held') });
  }

  async #ledgerRow(): Promise<TargetLedger> {
    const { delivery_ledger: ledger } = await readStatus(this.#app);
    const [row] = 'error' in ledger ? [] : ledger.per_target;
    return row as TargetLedger;
  }
}

const fromText = (from: Step['from']): string =>
  typeof from === 'string' ? from : new Date(START + from * 1_000).toISOString();

function anyStep(): fc.Arbitrary<Step> {
  return fc.record({
    types: fc.subarray([...PATTERNS], { maxLength: 3 }),
    from: fc.oneof(fc.constantFrom('all' as const, 'all' as const, 'now' as const), fc.nat(20)),
    allowed: fc.oneof(fc.constant(true), fc.boolean()),
    captures: fc.array(fc.nat(TYPES.length - 1), { minLength: 1, maxLength: 4 }),
    limit: fc.option(fc.integer({ min: 1, max: 12 }), { freq: 4 }),
  });
}
