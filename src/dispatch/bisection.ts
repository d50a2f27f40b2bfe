import type { BatchIsolation, ClaimedEvent, DeliveryReport, Outcome, Settlement } from './ports.js';

/** Posts refused as a whole that one pass spends on finding culprits. */
const REFUSALS_PER_PASS = 300;
/** So many lone culprits in a row with one message: bad events, or a bad line? */
const CULPRITS_IN_A_ROW = 8;
/** So many later events refused alone with the same message: it is the line. */
const PROBES = 8;
/** Refused posts that the search among known suspects may cost while the line is in doubt. */
const SEARCH_IN_DOUBT = 120;

/** What one POST decided, and what is to be posted next, in this order. */
export interface Step {
  readonly settlements: readonly Settlement[];
  readonly next: readonly (readonly ClaimedEvent[])[];
  /** What to remember of `next` if the pass cannot go on with them. */
  readonly isolation: BatchIsolation;
  /** True: the rest of the claim waits for another pass, for the sake of those behind it. */
  readonly aside?: boolean;
}

/**
 * Finds the events that make a target refuse whole batches, by halving: at
 * most 2N-1 posts for N events. Lives for one pass, so that its budget and its
 * suspicion do.
 *
 * Eight culprits in a row with one message leave a doubt: are these events bad,
 * or is the line? A later event decides. The search goes on from the other end
 * of the claim; if something is accepted there, the message is about events. If
 * one more event is refused alone with the same message, the claim is put aside
 * and the next one is asked, so that nobody waits for those in front.
 */
export class Bisection {
  #refusalsLeft = REFUSALS_PER_PASS;
  /** What the claim in hand may spend: no more than half of what is left. */
  #claimMaySpend = REFUSALS_PER_PASS;
  #searchLeft = SEARCH_IN_DOUBT;
  #isolation: BatchIsolation = 'any';
  #startsAtEnd = false;
  #lastReason: string | undefined;
  #sameInARow = 0;
  #probesRefused = 0;
  /** Messages with which some events were refused while others were accepted. */
  readonly #aboutEvents = new Set<string>();

  /** True once the refusals are about the line rather than about events. */
  get lineIsBad(): boolean {
    return this.#probesRefused >= PROBES || this.#searchLeft <= 0;
  }

  /** A new claim begins. */
  begin(isolation: BatchIsolation): void {
    this.#isolation = isolation;
    this.#claimMaySpend = Math.ceil(this.#refusalsLeft / 2);
    this.#startsAtEnd = this.#isInDoubt;
  }

  /** Which of the parts of a claim, in the order of the journal, is to be posted next. */
  pick(parts: readonly { readonly events: readonly unknown[] }[]): number {
    if (!this.#startsAtEnd) return 0;
    if (this.#isolation !== 'suspect') return parts.length - 1;
    const sizes = parts.map(({ events }) => events.length);
    return sizes.lastIndexOf(Math.max(...sizes));
  }

  /** What follows from the report of one POST of these events. */
  decide(events: readonly ClaimedEvent[], report: DeliveryReport): Step {
    const judged: Settlement[] = [];
    const unjudged: ClaimedEvent[] = [];
    events.forEach((event, i) => {
      const outcome = report.outcomes[i];
      if (outcome === undefined) unjudged.push(event);
      else judged.push(settlement(event, outcome));
    });
    if (judged.length > 0) this.#endRow(judged);
    if (unjudged.length === 0) return only(judged);
    if (judged.length > 0) return { settlements: judged, next: [unjudged], isolation: 'any' };
    return this.#refused(unjudged, report);
  }

  get #isInDoubt(): boolean {
    return this.#sameInARow >= CULPRITS_IN_A_ROW;
  }

  #endRow(judged: readonly Settlement[]): void {
    const isAccepted = judged.some(({ outcome }) => ACCEPTED.has(outcome.kind));
    if (isAccepted && this.#isInDoubt && this.#lastReason !== undefined)
      this.#aboutEvents.add(this.#lastReason);
    this.#sameInARow = 0;
    this.#probesRefused = 0;
  }

  #refused(events: readonly ClaimedEvent[], report: DeliveryReport): Step {
    const wasInDoubt = this.#isInDoubt;
    const step = this.#divide(events, report);
    if (!wasInDoubt || !this.#isInDoubt) return step;
    return this.#endsSearch(events) ? { ...step, aside: true } : step;
  }

  /** In doubt, one refused probe is enough for a claim; known suspects get a longer look. */
  #endsSearch(events: readonly ClaimedEvent[]): boolean {
    const isProbe = events.length === 1;
    if (isProbe) this.#probesRefused += this.#isolation === 'suspect' ? 0 : 1;
    if (this.#isolation !== 'suspect') return isProbe;
    this.#searchLeft -= 1;
    return this.#searchLeft <= 0;
  }

  #divide(events: readonly ClaimedEvent[], report: DeliveryReport): Step {
    const [first] = events;
    if (first !== undefined && events.length === 1) return this.#culprit(first, report);
    if (this.#refusalsLeft === 0 || this.#claimMaySpend === 0) return only(suspects(events));
    this.#refusalsLeft -= 1;
    this.#claimMaySpend -= 1;
    const half = Math.ceil(events.length / 2);
    const halves = [events.slice(0, half), events.slice(half)];
    return { settlements: [], next: halves, isolation: 'suspect' };
  }

  #culprit(event: ClaimedEvent, report: DeliveryReport): Step {
    const outcome = report.ifAlone ?? { kind: 'transient', reason: 'no verdict' };
    const reason = 'reason' in outcome ? outcome.reason : undefined;
    this.#sameInARow = reason === this.#lastReason ? this.#sameInARow + 1 : 1;
    this.#lastReason = reason;
    if (reason !== undefined && this.#aboutEvents.has(reason)) this.#sameInARow = 0;
    if (this.#isInDoubt) this.#startsAtEnd = true;
    return only([settlement(event, outcome, 'alone')]);
  }
}

const ACCEPTED: ReadonlySet<Outcome['kind']> = new Set(['success', 'duplicate', 'pending']);

const only = (settlements: readonly Settlement[]): Step => ({
  settlements,
  next: [],
  isolation: 'any',
});

/** One of them spoils the batch, and the pass has spent enough on finding out which. */
export function suspects(events: readonly ClaimedEvent[]): Settlement[] {
  const reason = `one of ${events.length} events makes the target refuse the batch; the search goes on in the next pass`;
  return events.map((event) => settlement(event, { kind: 'transient', reason }, 'suspect'));
}

/** A verdict on an event that was posted. */
export function settlement(
  event: ClaimedEvent,
  outcome: Outcome,
  isolation: BatchIsolation = 'any',
): Settlement {
  return { event, outcome, posted: true, isolation, dueNow: false };
}
