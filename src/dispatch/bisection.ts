import type { ClaimedEvent, Company, DeliveryReport, Outcome, Settlement } from './ports.js';

/** Posts refused as a whole that one pass spends on finding culprits. */
const REFUSALS_PER_PASS = 200;
/** So many lone culprits in a row with one message are trouble on the line (WIRE.md). */
const CULPRITS_IN_A_ROW = 8;

/** What one POST decided, and what is to be posted next, in this order. */
export interface Step {
  readonly settlements: readonly Settlement[];
  readonly next: readonly (readonly ClaimedEvent[])[];
  /** What to remember of `next` if the pass cannot go on with them. */
  readonly company: Company;
}

/**
 * Finds the events that make a target refuse whole batches, by halving
 * (WIRE.md: at most 2N-1 posts for N events). Lives for one pass, so that its
 * budget and its suspicion do.
 */
export class Bisection {
  #refusalsLeft = REFUSALS_PER_PASS;
  #lastReason: string | undefined;
  #sameInARow = 0;

  /** True once the refusals are about the line rather than about events. */
  get lineIsBad(): boolean {
    return this.#sameInARow >= CULPRITS_IN_A_ROW;
  }

  /** What follows from the report of one POST of these events. */
  decide(events: readonly ClaimedEvent[], report: DeliveryReport): Step {
    const judged: Settlement[] = [];
    const unjudged: ClaimedEvent[] = [];
    for (const [i, event] of events.entries()) {
      const outcome = report.outcomes[i];
      if (outcome === undefined) unjudged.push(event);
      else judged.push(settlement(event, outcome));
    }
    if (judged.length > 0) this.#sameInARow = 0;
    if (unjudged.length === 0) return only(judged);
    if (judged.length > 0) return { settlements: judged, next: [unjudged], company: 'any' };
    return this.#refused(unjudged, report);
  }

  #refused(events: readonly ClaimedEvent[], report: DeliveryReport): Step {
    const [first] = events;
    if (first !== undefined && events.length === 1) return this.#culprit(first, report);
    if (this.#refusalsLeft === 0) return only(suspects(events));
    this.#refusalsLeft -= 1;
    const half = Math.ceil(events.length / 2);
    const halves = [events.slice(0, half), events.slice(half)];
    return { settlements: [], next: halves, company: 'suspect' };
  }

  #culprit(event: ClaimedEvent, report: DeliveryReport): Step {
    const outcome = report.ifAlone ?? { kind: 'transient', reason: 'no verdict' };
    const reason = 'reason' in outcome ? outcome.reason : undefined;
    this.#sameInARow = reason === this.#lastReason ? this.#sameInARow + 1 : 1;
    this.#lastReason = reason;
    return only([settlement(event, outcome, 'alone')]);
  }
}

const only = (settlements: readonly Settlement[]): Step => ({
  settlements,
  next: [],
  company: 'any',
});

/** One of them spoils the batch, and the pass has spent enough on finding out which. */
function suspects(events: readonly ClaimedEvent[]): Settlement[] {
  const reason = `one of ${events.length} events makes the target refuse the batch; the search goes on in the next pass`;
  return events.map((event) => settlement(event, { kind: 'transient', reason }, 'suspect'));
}

/** A verdict on an event that was posted. */
export function settlement(
  event: ClaimedEvent,
  outcome: Outcome,
  company: Company = 'any',
): Settlement {
  return { event, outcome, posted: true, company, dueNow: false };
}
