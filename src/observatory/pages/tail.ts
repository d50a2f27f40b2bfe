import { readEventPage } from '../../app/events.js';
import type { EventPage } from '../../reports/event-page.js';
import { type Html, html, nothing } from '../html.js';
import { type Page, type PageContext } from '../page.js';
import { keepingForm } from '../trouble.js';
import { type Filters, filterForm, filtersOf, selectionOf } from './event-filters.js';
import { eventTable, soFar } from './event-table.js';

const SHOWN = 50;

/** The newest events, as they come. */
export async function tail(at: PageContext): Promise<Page> {
  const filters = filtersOf(at.query);
  const { targets } = await at.status();
  const form = filterForm(at, 'tail', filters, targets);
  const folded = html`<details class="filter"><summary>Filters</summary>${form}</details>`;
  return keepingForm(form, () => newest(at, filters, folded));
}

async function newest(at: PageContext, filters: Filters, form: Html): Promise<Page> {
  const selection = { ...selectionOf(at, filters), before: undefined, isAside: false };
  const page = await readEventPage(at.app, { ...selection, limit: SHOWN, budgetMs: at.budgetMs });
  return {
    title: 'Live tail',
    body: html`${form}
${at.live('events', list(at, page))}`,
  };
}

function list(at: PageContext, page: EventPage): Html {
  const whole = page.events.length === 0 ? html`<p class="none">Nothing yet.</p>` : nothing;
  const told = page.isFull ? whole : html`<p class="quiet">${soFar(page)}</p>`;
  return html`${page.events.length === 0 ? nothing : eventTable(at, page.events, 'The newest events')}${told}`;
}
