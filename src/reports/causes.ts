import type { ActionableTerms, CountedCause } from './status-document.js';
import { type LedgerRow, TERM_OF_STATUS } from './target-terms.js';

/** One row of `CAUSES`. */
export interface CauseRow {
  readonly targetId: number;
  readonly status: 'rejected' | 'failed_transient' | 'terminal_failed';
  readonly text: string;
  readonly events: number;
}

/** Every live event that is not delivered has one cause: the two counts, kept apart, must agree. */
export function causesHold(ledger: readonly LedgerRow[], causes: readonly CauseRow[]): boolean {
  const terms = liveTerms(ledger);
  return (['rejected', 'transient', 'terminal'] as const).every(
    (term) => terms[term] === causesOfTerm(causes, term),
  );
}

function causesOfTerm(causes: readonly CauseRow[], term: CountedCause['state']): number {
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

export const causesOfTarget = (rows: readonly CauseRow[]): CountedCause[] =>
  rows.map(({ status, text, events }) => ({
    state: TERM_OF_STATUS[status],
    cause: text === '' ? null : text,
    events,
  }));
