import { readEventPage } from '../../app/events.js';
import type { EventPage } from '../../reports/event-page.js';
import { type Html, html, nothing } from '../html.js';
import { type Page, type PageContext, type Query, wholeNumber } from '../page.js';
import { keepingForm } from '../trouble.js';
import { shortName } from '../words.js';
import { type Filters, filterForm, filtersOf, queryOf, selectionOf } from './event-filters.js';
import { eventTable, soFar } from './event-table.js';

const PER_PAGE = 50;

/** The events that match what stands in the address, page by page. */
export async function events(at: PageContext): Promise<Page> {
  const filters = filtersOf(at.query);
  const { targets } = await at.status();
  const form = filterForm(at, 'events', filters, targets);
  return keepingForm(form, () => found(at, filters, form));
}

async function found(at: PageContext, filters: Filters, form: Html): Promise<Page> {
  const selection = selectionOf(at, filters);
  const page = await readEventPage(at.app, {
    ...selection,
    limit: PER_PAGE,
    budgetMs: at.budgetMs,
  });
  const { target } = page;
  return {
    title: 'Events',
    body: html`${form}
<p class="quiet">${target === undefined ? 'There is no target yet: no event was sent anywhere.' : html`States are those at <a href="${at.link('target', { id: target.id })}">${shortName(target.name)}</a>.`}
${filters.cause === undefined ? nothing : html`Only those for the cause ${shortName(filters.cause)}.`}</p>
${page.events.length === 0 ? nobody(page) : eventTable(at, page.events, 'Events, newest first')}
${pager(at, filters, page)}
${page.events.length === 0 && page.isFull ? nothing : plans(at, filters, target?.id)}`,
  };
}

const nobody = ({ isFull }: EventPage): Html =>
  isFull ? html`<p class="none">No event matches.</p>` : nothing;

function pager(at: PageContext, filters: Filters, page: EventPage): Html {
  const { older, isAside, isFull } = page;
  const query: Query = queryOf(filters);
  const isFirst = wholeNumber(at.query, 'before') === undefined;
  const further = isAside ? 'Look for them' : 'Look further back';
  return html`${isFull ? nothing : html`<p class="quiet">${soFar(page)}</p>`}<nav class="pager" aria-label="Pages of events">
${isFirst ? '' : html`<a href="${at.link('events', query)}">Newest</a>`}
${older === null ? '' : html`<a rel="next" href="${at.link('events', { ...query, before: older, aside: isAside ? 1 : undefined })}">${isFull ? 'Older' : further}</a>`}
</nav>`;
}

const RETRIABLE = new Set(['rejected', 'transient', 'terminal']);

/** A plan has the filters of the list, but for the state, which follows from what is planned. */
function plans(at: PageContext, filters: Filters, target: number | undefined): Html {
  const { state = '', cause, type, project, since, until, event } = filters;
  if (!at.allowWrites || target === undefined) return nothing;
  const kind = RETRIABLE.has(state) ? 'retry' : state === 'delivered' ? 'replay' : undefined;
  if (kind === undefined) return nothing;
  const query = { do: kind, target, type, project, since, until, event };
  const narrowed = kind === 'retry' ? { ...query, cause } : query;
  return html`<p class="actions"><a class="button" href="${at.link('plan', narrowed)}">Plan a ${kind}</a></p>`;
}
