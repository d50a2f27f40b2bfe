import { expect } from 'chai';
import type { DrainReport } from '../../src/dispatch/drain-report.js';
import type { Now } from './commands.js';
import type { KnownEvent, Model } from './model.js';
import type { SeenTarget } from './observed.js';
import type { Told } from './server.js';
import type { KnownTarget } from './target-model.js';

/**
 * Looks over the shoulder of one drain: what is posted must be what may be
 * posted, and what was told of it is what the ledger has to say afterwards.
 */
export class DrainWatch {
  readonly #model: Model;
  readonly #target: KnownTarget;
  readonly #now: Now;
  readonly #startedAt: number;
  /** The newest event there was when the pass began. */
  #head = 0;
  readonly #posted = new Set<number>();
  readonly #counts = { delivered: 0, duplicate: 0, pending: 0, rejected: 0, terminal_failed: 0 };
  /** Claimed, and in a later request than the one that is on the wire. */
  readonly #waiting = new Set<number>();
  /** Verdicts that are told and not settled yet. */
  #told = new Map<number, Told>();
  /** The same of the answer before, while the next request was on its way already. */
  #owed = new Map<number, Told>();
  #begun = false;
  #posts = 0;

  constructor(model: Model, target: KnownTarget, now: Now) {
    this.#model = model;
    this.#target = target;
    this.#now = now;
    this.#startedAt = model.now;
  }

  get posts(): number {
    return this.#posts;
  }

  /**
   * A post arrives at the receiver. What went before it is settled, unless all
   * of it was accepted: the verdicts of that one answer may be written meanwhile.
   */
  post(events: readonly KnownEvent[], inFlight: readonly number[]): void {
    this.#begin();
    const unsettled = new Set(inFlight);
    this.#settleOwed(() => true);
    this.#owed = this.#settleTold((seq) => !unsettled.has(seq));
    for (const [seq, kind] of this.#owed) {
      expect(kind, `what was told of event ${seq} and not written`).to.be.oneOf(ACCEPTED);
    }
    this.#posts += 1;
    expect(events.length, 'size of a batch').to.be.within(1, this.#now.batch);
    for (const [i, event] of events.entries()) {
      expect(event.seq, 'in the order of the journal').to.be.greaterThan(events[i - 1]?.seq ?? 0);
      const { id, project, type } = event;
      expect(this.#target.unwanted.has(type), `type of ${id}, posted`).to.equal(false);
      expect(this.#model.permits(project), `permission of ${id}, posted`).to.equal(true);
      this.#claim(event);
    }
    for (const seq of inFlight) this.#wait(this.#model.events[seq - 1] as KnownEvent);
    expect(this.#posted.size, 'within the limit').to.be.at.most(this.#now.limit ?? Infinity);
  }

  tell(events: readonly KnownEvent[], told: readonly Told[], resumeAt: number | null): void {
    this.#told = new Map(events.map(({ seq }, i) => [seq, told[i]]));
    this.#target.resumeAt = resumeAt;
  }

  /** The drain is over: everything claimed got an outcome. */
  end(): void {
    this.#begin();
    this.#settleOwed(() => true);
    this.#settleTold(() => true);
    // What was never posted is as if it had not been claimed.
    for (const seq of this.#waiting) this.#target.inFlight.delete(seq);
    for (const seq of [...this.#target.inFlight]) this.#target.giveBack(seq);
  }

  /**
   * The process died: what `seen` has in flight got no outcome yet, everything
   * else did. It may have been claimed before a hold, and not posted since.
   */
  endKilled(seen: SeenTarget): void {
    if (seen.passNo > this.#target.passNo) this.#begin();
    if (!this.#begun) return;
    const inFlight = new Set(seen.inFlight);
    for (const seq of inFlight) this.#claim(this.#model.events[seq - 1] as KnownEvent);
    this.#settleOwed((seq) => !inFlight.has(seq));
    this.#settleTold((seq) => !inFlight.has(seq));
    for (const seq of [...this.#target.inFlight])
      if (!inFlight.has(seq)) this.#target.giveBack(seq);
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

  /** A part of a batch that was refused is posted again; all else must be free to go. */
  #claim(event: KnownEvent): void {
    const { seq, id, eventClass } = event;
    if (this.#waiting.delete(seq)) this.#takeUp(event);
    if (this.#target.inFlight.has(seq)) return;
    expect(eventClass, `class of ${id}, selected`).to.equal('live');
    expect(seq, `${id} was there when the pass began`).to.be.at.most(this.#head);
    const { honourBackoff } = this.#now;
    const objection = this.#target.objection(event, { honourBackoff, now: this.#startedAt });
    expect(objection, `${id}, selected`).to.equal(undefined);
    this.#takeUp(event);
  }

  #takeUp(event: KnownEvent): void {
    this.#target.claim(event);
    this.#posted.add(event.seq);
  }

  /** Nothing may take it away while it is in flight. */
  #wait({ seq }: KnownEvent): void {
    if (this.#target.inFlight.has(seq)) return;
    this.#target.inFlight.add(seq);
    this.#waiting.add(seq);
  }

  #settleOwed(isSettled: (seq: number) => boolean): void {
    this.#settle(this.#owed, isSettled);
    this.#owed = new Map();
  }

  #settleTold(isSettled: (seq: number) => boolean): Map<number, Told> {
    const left = this.#settle(this.#told, isSettled);
    this.#told = new Map();
    return left;
  }

  /** Returns the verdicts that are not settled. */
  #settle(told: ReadonlyMap<number, Told>, isSettled: (seq: number) => boolean) {
    const left = new Map<number, Told>();
    for (const [seq, kind] of told) {
      if (kind === undefined) continue;
      if (!isSettled(seq)) left.set(seq, kind);
      else {
        this.#target.settle(seq, kind, this.#startedAt);
        if (kind === 'rejected' || kind === 'terminal_failed')
          this.#model.refused(this.#target, seq);
        this.#count(kind);
      }
    }
    return left;
  }

  #count(kind: Exclude<Told, undefined>): void {
    if (kind === 'transient') return;
    this.#counts[kind === 'success' ? 'delivered' : kind] += 1;
  }
}

const ACCEPTED: readonly Told[] = ['success', 'duplicate'];
