import type { ActionableTerms, CountedCause } from './ledger-section.js';
import { type LedgerRow, TERM_OF_STATUS } from './target-terms.js';

/** States of an event that was tried and has a cause. */
export type Unfinished = 'rejected' | 'transient' | 'terminal';

/** The events of one target that are in one status for one cause. */
export interface CauseRow {
  readonly status: 'rejected' | 'failed_transient' | 'terminal_failed';
  /** Empty for all causes without a row of their own. */
  readonly text: string;
  readonly events: number;
}

/** Every live event that is not delivered has one cause: the two counts, kept apart, must agree. */
export function causesHold(ledger: readonly LedgerRow[], causes: readonly CauseRow[]): boolean {
  const terms = liveTerms(ledger);
  return (['rejected', 'transient', 'terminal'] as const).every(
    (term) => terms[term] === eventsOfTerm(causes, term),
  );
}

function eventsOfTerm(causes: readonly CauseRow[], term: Unfinished): number {
  return causes
    .filter(({ status }) => TERM_OF_STATUS[status] === term)
    .reduce((sum, { events }) => sum + events, 0);
}

/** What a retry may still change: an event that is not live is sent nowhere. */
export function liveTerms(ledger: readonly LedgerRow[]): ActionableTerms {
  const of = (name: keyof ActionableTerms): number =>
    ledger
      .filter((row) => row.class === 'live' && TERM_OF_STATUS[row.status] === name)
      .reduce((sum, { events }) => sum + events, 0);
  return {
    pending: of('pending'),
    rejected: of('rejected'),
    transient: of('transient'),
    terminal: of('terminal'),
  };
}

/** The causes of one target as the status document has them. */
export const countedCauses = (rows: readonly CauseRow[]): CountedCause[] =>
  rows.map(({ status, text, events }) => ({
    state: TERM_OF_STATUS[status],
    cause: text === '' ? null : text,
    events,
  }));
