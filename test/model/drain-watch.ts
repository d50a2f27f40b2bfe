import { expect } from 'chai';
import type { DrainReport } from '../../src/dispatch/drain-report.js';
import type { Now } from './commands.js';
import type { KnownEvent, Model } from './model.js';
import type { SeenFlight, SeenTarget } from './observed.js';
import type { Told } from './server.js';
import type { KnownTarget } from './target-model.js';

/** A verdict that was told, and by the answer to which post. */
interface Telling {
  readonly kind: Exclude<Told, undefined>;
  readonly post: number;
}

/**
 * Looks over the shoulder of one drain: what is posted must be what may be
 * posted, and what was told of it is what the ledger has to say afterwards.
 */
export class DrainWatch {
  readonly #model: Model;
  readonly #target: KnownTarget;
  readonly #now: Now;
  readonly #isSingle: boolean;
  readonly #startedAt: number;
  /** The newest event there was when the pass began. */
  #head = 0;
  readonly #posted = new Set<number>();
  readonly #counts = { delivered: 0, duplicate: 0, pending: 0, rejected: 0, terminal_failed: 0 };
  /** In flight, and in no request yet. */
  readonly #waiting = new Set<number>();
  /** Verdicts that are told and not settled yet. */
  readonly #told = new Map<number, Telling>();
  #begun = false;
  #posts = 0;

  constructor(model: Model, target: KnownTarget, now: Now, isSingle: boolean) {
    this.#model = model;
    this.#target = target;
    this.#now = now;
    this.#isSingle = isSingle;
    this.#startedAt = model.now;
  }

  get posts(): number {
    return this.#posts;
  }

  /** The ledger as it is while nothing of the drain runs: what left the flight was judged, or given back. */
  look(seen: SeenFlight): void {
    this.#begin();
    const flying = new Set(seen.inFlight);
    for (const [seq, { kind }] of [...this.#told]) if (!flying.has(seq)) this.#settle(seq, kind);
    for (const seq of [...this.#target.inFlight]) if (!flying.has(seq)) this.#leave(seq, seen);
    for (const seq of seen.inFlight) this.#wait(seq, seen);
  }

  /** A request is with its receiver: everything of it may leave at this moment. */
  arrive(events: readonly KnownEvent[]): void {
    expect(this.#target.retired, 'retired, and posted to').to.equal(false);
    for (const { id, project, type, eventClass } of events) {
      expect(eventClass, `class of ${id}, posted`).to.not.equal('redacted');
      expect(this.#target.unwanted.has(type), `type of ${id}, posted`).to.equal(false);
      expect(this.#model.permits(project), `permission of ${id}, posted`).to.equal(true);
    }
  }

  /**
   * The same request, compared with the ledger. Of batches, what went before it is
   * settled, unless all of it was accepted: the verdicts of that one answer may be
   * written meanwhile.
   */
  post(events: readonly KnownEvent[], seen: SeenFlight): void {
    this.look(seen);
    if (!this.#isSingle) this.#expectOnlyAcceptedOwed();
    this.#posts += 1;
    const most = this.#isSingle ? 1 : this.#now.batch;
    expect(events.length, 'size of a batch').to.be.within(1, most);
    for (const [i, event] of events.entries()) {
      expect(event.seq, 'in the order of the journal').to.be.greaterThan(events[i - 1]?.seq ?? 0);
      this.#claim(event);
    }
    expect(this.#posted.size, 'within the limit').to.be.at.most(this.#now.limit ?? Infinity);
  }

  tell(events: readonly KnownEvent[], told: readonly Told[], resumeAt: number | null): void {
    for (const [i, { seq }] of events.entries()) {
      const kind = told[i];
      if (kind !== undefined) this.#told.set(seq, { kind, post: this.#posts });
    }
    this.#target.resumeAt = resumeAt;
  }

  /** The drain is over: everything claimed got an outcome, or is as if it had not been claimed. */
  end(seen: SeenFlight): void {
    expect(seen.inFlight, 'in flight after a drain').to.deep.equal([]);
    this.look(seen);
  }

  /**
   * The process died: what `seen` has in flight got no outcome yet, everything
   * else did. It may have been claimed before a hold, and not posted since.
   */
  endKilled(seen: SeenTarget, flight: SeenFlight): void {
    if (seen.passNo > this.#target.passNo) this.#begin();
    if (!this.#begun) return;
    for (const seq of seen.inFlight) this.#claim(this.#model.events[seq - 1] as KnownEvent);
    this.look(flight);
    this.#target.resumeAt = seen.resumeAt;
  }

  /** A report adds up to what the receiver said. */
  expectReport(report: DrainReport): void {
    const { posts, delivered, duplicate, pending, rejected, terminal_failed } = report;
    const said = { posts, delivered, duplicate, pending, rejected, terminal_failed };
    expect(said, 'the report').to.deep.equal({ posts: this.#posts, ...this.#counts });
  }

  #begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#head = this.#model.events.length;
    this.#target.beginPass(this.#startedAt);
  }

  #expectOnlyAcceptedOwed(): void {
    for (const [seq, { kind, post }] of this.#told) {
      expect(kind, `what was told of event ${seq} and not written`).to.be.oneOf(ACCEPTED);
      expect(post, `whose answer told of event ${seq}, which is not written`).to.equal(this.#posts);
    }
  }

  /** A part of a batch that was refused is posted again; all else must be free to go. */
  #claim(event: KnownEvent): void {
    const { seq, id, eventClass } = event;
    if (this.#waiting.delete(seq)) this.#posted.add(seq);
    if (this.#target.inFlight.has(seq)) return;
    expect(eventClass, `class of ${id}, selected`).to.equal('live');
    this.#expectFree(event);
    this.#target.claim(event);
    this.#posted.add(seq);
  }

  #expectFree(event: KnownEvent): void {
    const { seq, id } = event;
    expect(seq, `${id} was there when the pass began`).to.be.at.most(this.#head);
    const { honourBackoff } = this.#now;
    const objection = this.#target.objection(event, { honourBackoff, now: this.#startedAt });
    expect(objection, `${id}, selected`).to.equal(undefined);
  }

  /** Nothing may take it away while it is in flight. */
  #wait(seq: number, seen: SeenFlight): void {
    if (this.#target.inFlight.has(seq)) return;
    const event = this.#model.events[seq - 1] as KnownEvent;
    this.#expectFree(event);
    this.#target.claim(event);
    this.#target.noteCursors(seen.cursors);
    this.#waiting.add(seq);
  }

  /** Without a verdict: a request that failed as a whole says nothing; what was not posted was never attempted. */
  #leave(seq: number, seen: SeenFlight): void {
    if (!this.#waiting.delete(seq)) {
      this.#target.giveBack(seq);
      return;
    }
    this.#target.release(seq, seen);
    this.#model.cannotHave(this.#target, seq);
  }

  #settle(seq: number, kind: Telling['kind']): void {
    this.#told.delete(seq);
    this.#target.settle(seq, kind, this.#startedAt);
    if (kind === 'rejected' || kind === 'terminal_failed')
      this.#model.cannotHave(this.#target, seq);
    if (kind !== 'transient') this.#counts[kind === 'success' ? 'delivered' : kind] += 1;
  }
}

const ACCEPTED: readonly Told[] = ['success', 'duplicate'];
