import type { CountedCause } from '../../reports/ledger-section.js';
import { type Html, html, nothing } from '../html.js';
import type { PageContext } from '../page.js';
import { badge, number, shortName } from '../words.js';

type At = Pick<PageContext, 'link'>;

export interface CauseListOptions {
  /** Causes that are listed; all when absent. */
  readonly most?: number;
  /** With a plan for the events of each cause. */
  readonly hasPlans?: boolean;
}

/** Why events are not delivered at a target, each cause with a link to its events. */
export function causeList(
  at: At,
  target: number,
  causes: readonly CountedCause[],
  { most = Number.POSITIVE_INFINITY, hasPlans = false }: CauseListOptions = {},
): Html {
  if (causes.length === 0) return nothing;
  const sorted = [...causes].sort((a, b) => b.events - a.events);
  const left = sorted.length - Math.min(most, sorted.length);
  return html`<ul class="causes">${sorted
    .slice(0, most)
    .map(
      (one) => html`<li>${causeOf(at, target, one)}${hasPlans ? planOf(at, target, one) : ''}</li>`,
    )}${left === 0 ? '' : html`<li><a href="${at.link('target', { id: target })}">${left} more ${left === 1 ? 'cause' : 'causes'}</a></li>`}</ul>`;
}

const causeOf = ({ link }: At, target: number, { state, cause, events }: CountedCause): Html =>
  html`<a href="${link('events', { target, state, cause: cause ?? undefined })}">${number(events)} ${badge(state)} ${cause === null ? 'for other causes' : shortName(cause)}</a>`;

/** Those without a recorded cause can only be retried with all others. */
function planOf({ link }: At, target: number, { cause }: CountedCause): Html {
  if (cause === null) return nothing;
  return html` <a class="small button" href="${link('plan', { do: 'retry', target, cause })}">Retry these<span class="hidden">: ${cause}</span></a>`;
}
