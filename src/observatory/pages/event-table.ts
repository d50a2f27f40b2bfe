import type { ListedEvent } from '../../reports/event-list.js';
import type { EventPage } from '../../reports/event-page.js';
import { type Html, html, nothing } from '../html.js';
import type { PageContext } from '../page.js';
import { badge, bytes, clock, counted, number, shortName } from '../words.js';

/** Events of a list, newest first. */
export const eventTable = (
  { link }: Pick<PageContext, 'link'>,
  events: readonly ListedEvent[],
  caption: string,
): Html => html`<div class="scroll"><table class="events">
<caption class="hidden">${caption}</caption>
<thead><tr><th scope="col">Event</th><th scope="col">State</th><th scope="col">Type</th><th scope="col">Captured</th><th scope="col" class="n">Size</th><th scope="col" class="n">Number</th></tr></thead>
<tbody>${events.map((event) => row(link, event))}</tbody></table></div>`;

const row = (link: PageContext['link'], event: ListedEvent): Html =>
  html`<tr><th scope="row"><a href="${link('event', { id: event.event_id })}">${shortName(event.event_id)}</a>${event.revision > 1 ? html` <span class="quiet">revision ${event.revision}</span>` : ''}</th>
<td>${states(event)}${event.last_error === null ? nothing : html` ${shortName(event.last_error)}`}</td>
<td>${shortName(event.event_type)}</td><td>${clock(event.captured_at)}</td>
<td class="n">${bytes(event.size)}</td><td class="n">${number(event.seq)}</td></tr>`;

const states = ({ state, class: why, replay }: ListedEvent): Html =>
  html`${badge(state)}${why === 'live' || why === state ? '' : badge(why)}${replay ? badge('replay') : ''}`;

/** How far a search came that took too long. */
export function soFar({ events: shown, older, isAside }: EventPage): string {
  const found = shown.length === 0 ? 'No event found' : `${counted(shown.length, 'event')} found`;
  return isAside
    ? `${found} so far. Events that waited in the spool can stand elsewhere in the journal, and not all of it was looked at.`
    : `${found} so far, down to number ${number(older ?? 1)} of the journal.`;
}
