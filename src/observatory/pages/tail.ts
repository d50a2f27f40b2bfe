import { readEventPage } from '../../app/events.js';
import { html } from '../html.js';
import { BUDGET_MS, type Page, type PageContext } from '../page.js';
import { filterForm, filtersOf, selectionOf } from './event-filters.js';
import { eventTable } from './event-table.js';

const SHOWN = 50;

/** The newest events, as they come. */
export async function tail(at: PageContext): Promise<Page> {
  const filters = filtersOf(at.query);
  const { targets } = await at.status();
  const selection = { ...selectionOf(at, filters), before: undefined };
  const page = await readEventPage(at.app, { ...selection, limit: SHOWN, budgetMs: BUDGET_MS });
  const table = eventTable(at, page.events, 'The newest events');
  return {
    title: 'Live tail',
    body: html`<details class="filter"><summary>Filters</summary>${filterForm(at, 'tail', filters, targets)}</details>
${at.live('events', page.events.length === 0 ? html`<p class="none">Nothing yet.</p>` : table)}`,
  };
}
