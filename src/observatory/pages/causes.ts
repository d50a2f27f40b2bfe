import type { CountedCause } from '../../reports/ledger-section.js';
import { type Html, html, nothing } from '../html.js';
import type { PageContext } from '../page.js';
import { badge, number, shortName } from '../words.js';

/** Why events are not delivered at a target, each with a link to its events. */
export function causeList(
  { link }: Pick<PageContext, 'link'>,
  target: number,
  causes: readonly CountedCause[],
  most = Number.POSITIVE_INFINITY,
): Html {
  if (causes.length === 0) return nothing;
  const sorted = [...causes].sort((a, b) => b.events - a.events);
  const left = sorted.length - Math.min(most, sorted.length);
  return html`<ul class="causes">${sorted
    .slice(0, most)
    .map(
      ({ state, cause, events }) =>
        html`<li><a href="${link('events', { target, state, cause: cause ?? undefined })}">${number(events)} ${badge(state)} ${cause === null ? 'for other causes' : shortName(cause)}</a></li>`,
    )}${left === 0 ? '' : html`<li><a href="${link('target', { id: target })}">${left} more ${left === 1 ? 'cause' : 'causes'}</a></li>`}</ul>`;
}
