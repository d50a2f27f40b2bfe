import { expect } from 'chai';
import type { DrainReport } from '../../src/dispatch/drain-report.js';
import type { DeliveryReceiver } from '../../src/dispatch/ports.js';
import type { HttpAnswer } from '../../src/receivers/answer.js';
import type { TargetRecord } from '../../src/targets/registry.js';
import { Clearance } from './clearance.js';
import { type Meanwhile, type Now, type ServerName, SINGLE } from './commands.js';
import { DrainWatch } from './drain-watch.js';
import type { LedgerFollower } from './followed-ledger.js';
import { ModelReceiver } from './model-receiver.js';
import type { SeenFlight } from './observed.js';
import { postedEvents } from './posted-events.js';
import type { Server } from './server.js';
import type { Setting } from './setting.js';
import { KnownTarget } from './target-model.js';
import { Turns } from './turns.js';

interface Running {
  readonly name: ServerName;
  readonly target: KnownTarget;
  readonly now: Now;
  readonly server: Server;
  readonly watch: DrainWatch;
  readonly clearance: Clearance;
  readonly interruption: AbortController;
  /** Moments between two calls of the drain that have passed. */
  moments: number;
}

/** Something else happens in the middle of it. */
const isDisturbed = ({ meanwhile, between }: Now): boolean =>
  meanwhile.length > 0 || between.length > 0;

const NOTHING_LEAVES = { blocked_reason: 'delivery_off', posts: 0, selected: 0 } as const;

/**
 * Drains the real core into the servers of a program, under the eyes of the model.
 * What the drain asks of its ledger and what else the program does take turns.
 */
export class Drains implements LedgerFollower {
  readonly turns = new Turns();
  readonly #at: Setting;
  readonly #meanwhile: (action: Meanwhile) => Promise<void>;
  #running: Running | undefined;
  #complaint: unknown;

  constructor(at: Setting, meanwhile: (action: Meanwhile) => Promise<void>) {
    this.#at = at;
    this.#meanwhile = meanwhile;
  }

  async now(now: Now): Promise<void> {
    const { model, home, mortality } = this.#at;
    const ids = await home.observer.targetIds();
    const name = now.named ?? model.server;
    if (now.named !== null && !ids.has(now.named)) return;
    if (name === null) await this.#nowhere(now);
    else await this.#nowAt(now, name, ids.get(name));
    await this.#at.followSpool();
    if (!mortality.isDead && !isDisturbed(now))
      expect(model.spool, 'left in the spool').to.deep.equal([]);
  }

  /** Composes and reads as every receiver does; the server of the program answers in place of a sink. */
  receiver({ rawEndpoint }: TargetRecord): DeliveryReceiver {
    const { name, target, now } = this.#running as Running;
    this.#at.model.targets.set(name, target);
    return new ModelReceiver({
      endpoint: rawEndpoint.reveal(),
      batch: now.batch,
      isSingle: name === SINGLE,
      now: () => this.#at.model.now,
      answer: (body) => this.#exchange(body).catch((error: unknown) => this.#complain(error)),
      prepared: () => this.#moment(),
    });
  }

  asks(seqs: readonly number[]): void {
    this.#running?.clearance.ask(seqs);
  }

  givesBack(seqs: readonly number[]): void {
    for (const seq of seqs) this.#running?.clearance.end(seq);
  }

  /** What is read for a batch is composed after it, and `prepared` follows; else the claim does. */
  async between(isRead: boolean): Promise<void> {
    // The drain has begun with the spool.
    if (this.#running?.moments === 0) await this.#at.followSpool();
    if (!isRead || this.#running?.name === SINGLE) await this.#moment();
  }

  async #nowhere(now: Now): Promise<void> {
    const report = await this.#at.tried(this.#drain(now, new AbortController().signal));
    if (!this.#at.mortality.isDead) expect(report).to.include({ target_id: null, posts: 0 });
  }

  async #nowAt(now: Now, name: ServerName, id: number | undefined): Promise<void> {
    const { model, mortality } = this.#at;
    const target = model.targets.get(name) ?? new KnownTarget();
    const server = this.#at.server(name);
    const watch = new DrainWatch(model, target, now, name === SINGLE);
    const mustWait = await this.#mustWait(now, target, id);
    const wasRetired = target.retired;
    const interruption = new AbortController();
    const clearance = new Clearance();
    const running = { name, target, now, server, watch, clearance, interruption, moments: 0 };
    const report = await this.#run(running, now.named === null ? undefined : id);
    if (mortality.isDead) return this.#followKilled(name, target, watch);
    expect(report === undefined, 'refused as retired').to.equal(wasRetired);
    if (report === undefined) return;
    if (model.server === null) {
      expect(report, 'while the mode sends nothing').to.include(NOTHING_LEAVES);
      return;
    }
    watch.end(await this.#at.home.observer.flightOf(name));
    watch.expectReport(report);
    expect(report.interrupted).to.equal(interruption.signal.aborted);
    if (mustWait) expect(watch.posts, 'posts while it must wait').to.equal(0);
    else this.#expectNothingLeft(now, server, target);
  }

  async #run(running: Running, id: number | undefined): Promise<DrainReport | undefined> {
    const { now, server, interruption } = running;
    this.#running = running;
    server.expectDrain(now);
    const drained = this.#drain(now, interruption.signal, id);
    const report = await this.#at.tried(drained, 'RetiredTargetError');
    this.#running = undefined;
    if (this.#complaint !== undefined) throw this.#complaint;
    return report;
  }

  #drain(
    { honourBackoff, limit }: Now,
    signal: AbortSignal,
    targetId?: number,
  ): Promise<DrainReport> {
    return this.#at.home.app.drain({
      ...(targetId === undefined ? {} : { targetId }),
      ...(limit === null ? {} : { limit }),
      ignoreBackoff: !honourBackoff,
      waitForLock: true,
      signal,
    });
  }

  /** It may have died before there was a row of the target. */
  async #followKilled(name: ServerName, target: KnownTarget, watch: DrainWatch): Promise<void> {
    const { model, home } = this.#at;
    await this.#at.followSpool();
    const seen = (await home.observer.look()).targets[name];
    if (seen === undefined) return;
    model.targets.set(name, target);
    watch.endKilled(seen, await home.observer.flightOf(name));
  }

  /** The server asked for it, or the circuit is open. */
  async #mustWait(
    { honourBackoff }: Now,
    target: KnownTarget,
    id: number | undefined,
  ): Promise<boolean> {
    const { model, home } = this.#at;
    if ((target.resumeAt ?? 0) > model.now) return true;
    if (!honourBackoff || id === undefined) return false;
    return (await home.observer.circuitOpenUntil(id)) > model.now;
  }

  /** An undisturbed `now` leaves nothing behind that may go. */
  #expectNothingLeft(now: Now, server: Server, target: KnownTarget): void {
    const isLimited = now.honourBackoff || now.limit !== null || now.stopAt !== null;
    if (isLimited || isDisturbed(now) || !server.onlySucceeded) return;
    const { model } = this.#at;
    const left = model.events.filter(
      (event) =>
        event.eventClass === 'live' &&
        model.permits(event.project) &&
        !target.excludes(event) &&
        !target.isSettled(event.seq),
    );
    expect(
      left.map(({ id }) => id),
      'left behind by an undisturbed now',
    ).to.deep.equal([]);
  }

  async #exchange(body: Buffer): Promise<HttpAnswer> {
    const { model, mortality } = this.#at;
    const running = this.#running as Running;
    const { now, target, server, watch, clearance, interruption } = running;
    const events = postedEvents(model, target, body.toString());
    // It had left when the process died: it arrives, and nobody hears of it.
    if (mortality.isDead) return server.reply(events).answer;
    for (const { seq, id } of events)
      expect(clearance.end(seq), `${id} was looked at just before it was posted`).to.equal(true);
    watch.arrive(events);
    return this.#inTurn(running, async (seen) => {
      watch.post(events, seen);
      const meanwhile = now.meanwhile[watch.posts - 1];
      if (meanwhile !== undefined) await this.#meanwhile(meanwhile);
      if (watch.posts === now.stopAt) interruption.abort();
      const { answer, told, leaveAloneMs } = server.reply(events);
      watch.tell(events, told, leaveAloneMs === null ? null : model.now + leaveAloneMs);
      return answer;
    });
  }

  /** Another process acts, if the program has it so. */
  async #moment(): Promise<void> {
    const running = this.#running;
    if (running === undefined || this.#at.mortality.isDead) return;
    const action = running.now.between[running.moments];
    running.moments += 1;
    if (action === undefined || action === null) return;
    const act = () => this.#at.home.asAnother(() => this.#meanwhile(action));
    await this.#inTurn(running, async (seen) => {
      if (this.#at.mortality.isDead) return;
      running.watch.look(seen);
      await act();
    }).catch((error: unknown) => {
      if (!this.#at.mortality.isDead) this.#complain(error);
    });
  }

  /** Runs while the drain does nothing with its ledger, and has no question open. */
  async #inTurn<T>(
    { name, clearance }: Running,
    work: (seen: SeenFlight) => Promise<T>,
  ): Promise<T> {
    for (;;) {
      const isSettled = await clearance.settled();
      const done = await this.turns.take(async () => {
        if (clearance.isPending && isSettled) return undefined;
        return { result: await work(await this.#at.home.observer.flightOf(name)) };
      });
      if (done !== undefined) return done.result;
    }
  }

  /** To a receiver, what this test has to say would be one more way in which a server fails. */
  #complain(error: unknown): never {
    this.#complaint ??= error;
    throw error;
  }
}
