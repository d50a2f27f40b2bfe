import { expect } from 'chai';
import type { DrainReport } from '../../src/dispatch/drain-report.js';
import type { DeliveryReceiver } from '../../src/dispatch/ports.js';
import type { HttpAnswer } from '../../src/receivers/answer.js';
import { StubReceiver } from '../../src/receivers/stub-receiver.js';
import type { TargetRecord } from '../../src/targets/registry.js';
import type { Meanwhile, Now, ServerName } from './commands.js';
import { DrainWatch } from './drain-watch.js';
import { postedEvents } from './posted-events.js';
import type { Server } from './server.js';
import type { Setting } from './setting.js';
import { KnownTarget } from './target-model.js';

interface Running {
  readonly name: ServerName;
  readonly target: KnownTarget;
  readonly now: Now;
  readonly server: Server;
  readonly watch: DrainWatch;
  readonly interruption: AbortController;
}

const NOTHING_LEAVES = { blocked_reason: 'delivery_off', posts: 0, selected: 0 } as const;

/** Drains the real core into the servers of a program, under the eyes of the model. */
export class Drains {
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
    const ids = home.observer.targetIds();
    const name = now.named ?? model.server;
    if (now.named !== null && !ids.has(now.named)) return;
    if (name === null) await this.#nowhere(now);
    else await this.#nowAt(now, name, ids.get(name));
    this.#at.followSpool();
    if (!mortality.isDead && now.meanwhile.length === 0)
      expect(model.spool, 'left in the spool').to.deep.equal([]);
  }

  /** Composes and reads as every receiver does; the server of the program answers in place of a sink. */
  receiver({ rawEndpoint }: TargetRecord): DeliveryReceiver {
    const { name, target, now } = this.#running as Running;
    this.#at.followSpool();
    this.#at.model.targets.set(name, target);
    return new StubReceiver({
      endpoint: rawEndpoint.reveal(),
      sinkFile: ':memory:',
      limits: { maxEvents: now.batch },
      now: () => this.#at.model.now,
      exchange: (body) => this.#exchange(body).catch((error: unknown) => this.#complain(error)),
    });
  }

  async #nowhere(now: Now): Promise<void> {
    const report = await this.#at.tried(this.#drain(now, new AbortController().signal));
    if (!this.#at.mortality.isDead) expect(report).to.include({ target_id: null, posts: 0 });
  }

  async #nowAt(now: Now, name: ServerName, id: number | undefined): Promise<void> {
    const { model, mortality } = this.#at;
    const target = model.targets.get(name) ?? new KnownTarget();
    const server = this.#at.server(name);
    const watch = new DrainWatch(model, target, now);
    const mustWait = this.#mustWait(now, target, id);
    const interruption = new AbortController();
    const running = { name, target, now, server, watch, interruption };
    const report = await this.#run(running, now.named === null ? undefined : id);
    if (mortality.isDead) return this.#followKilled(name, target, watch);
    expect(report === undefined, 'refused as retired').to.equal(target.retired);
    if (report === undefined) return;
    if (model.server === null) {
      expect(report, 'while the mode sends nothing').to.include(NOTHING_LEAVES);
      return;
    }
    watch.end();
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
  #followKilled(name: ServerName, target: KnownTarget, watch: DrainWatch): void {
    const seen = this.#at.home.observer.look().targets[name];
    if (seen === undefined) return;
    this.#at.model.targets.set(name, target);
    watch.endKilled(seen);
  }

  /** The server asked for it, or the circuit is open. */
  #mustWait({ honourBackoff }: Now, target: KnownTarget, id: number | undefined): boolean {
    const { model, home } = this.#at;
    if ((target.resumeAt ?? 0) > model.now) return true;
    return honourBackoff && id !== undefined && home.observer.circuitOpenUntil(id) > model.now;
  }

  /** An undisturbed `now` leaves nothing behind that may go. */
  #expectNothingLeft(now: Now, server: Server, target: KnownTarget): void {
    const isLimited = now.honourBackoff || now.limit !== null || now.stopAt !== null;
    if (isLimited || now.meanwhile.length > 0 || !server.onlySucceeded) return;
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
    const { name, now, target, server, watch, interruption } = this.#running as Running;
    const events = postedEvents(model, target, body.toString());
    // It had left when the process died: it arrives, and nobody hears of it.
    if (mortality.isDead) return server.reply(events).answer;
    watch.post(events, this.#at.home.observer.flightOf(name));
    const meanwhile = now.meanwhile[watch.posts - 1];
    if (meanwhile !== undefined) await this.#meanwhile(meanwhile);
    if (watch.posts === now.stopAt) interruption.abort();
    const { answer, told, leaveAloneMs } = server.reply(events);
    watch.tell(events, told, leaveAloneMs === null ? null : model.now + leaveAloneMs);
    return answer;
  }

  /** To a receiver, what this test has to say would be one more way in which a server fails. */
  #complain(error: unknown): never {
    this.#complaint ??= error;
    throw error;
  }
}
