import type { EventPageOptions } from '../../app/events.js';
import { EVENT_STATES } from '../../reports/event-list.js';
import type { TargetRecord } from '../../targets/registry.js';
import { type Html, html } from '../html.js';
import { given, oneOf, type PageContext, type Query, wholeNumber } from '../page.js';

/** The filters as they stand in the address. */
export interface Filters {
  readonly target: string | undefined;
  readonly state: (typeof EVENT_STATES)[number] | undefined;
  readonly cause: string | undefined;
  readonly type: string | undefined;
  readonly project: string | undefined;
  readonly since: string | undefined;
  readonly until: string | undefined;
  readonly event: string | undefined;
}

export function filtersOf(query: URLSearchParams): Filters {
  return {
    target: given(query, 'target'),
    state: oneOf(query, 'state', EVENT_STATES),
    cause: given(query, 'cause'),
    type: given(query, 'type'),
    project: given(query, 'project'),
    since: given(query, 'since'),
    until: given(query, 'until'),
    event: given(query, 'event'),
  };
}

/** The same for an address. */
export const queryOf = (filters: Filters): Query => ({ ...filters });

/** The events that they mean. @throws for a time that cannot be read. */
export function selectionOf(
  { query, now, readTime }: Pick<PageContext, 'query' | 'now' | 'readTime'>,
  filters: Filters,
): Omit<EventPageOptions, 'budgetMs'> {
  const { since, until, event, ...rest } = filters;
  return {
    ...rest,
    since: since === undefined ? undefined : readTime(since, now),
    until: until === undefined ? undefined : readTime(until, now),
    events: event === undefined ? undefined : [event],
    before: wholeNumber(query, 'before'),
    isAside: given(query, 'aside') !== undefined,
  };
}

/** A form that leads to the same page with other filters; works without a script. */
export function filterForm(
  { link }: Pick<PageContext, 'link'>,
  page: string,
  filters: Filters,
  targets: readonly TargetRecord[],
): Html {
  const { cause, state, type, project, since, until, event } = filters;
  return html`<form class="filters" method="get" action="${link(page)}">
<label>Target <select name="target"><option value="">active</option>${targets.map(
    ({ id, name }) =>
      html`<option value="${id}"${isChosen(filters, id, name) ? html` selected` : ''}>${name}</option>`,
  )}</select></label>
<label>State <select name="state"><option value="">any</option>${EVENT_STATES.map(
    (one) => html`<option${one === state ? html` selected` : ''}>${one}</option>`,
  )}</select></label>
${field('type', 'Type', type)}${field('project', 'Project', project)}${field('event', 'Event id', event)}
${field('since', 'Since', since, '2h, yesterday')}${field('until', 'Until', until, '2026-11-23')}
${cause === undefined ? '' : field('cause', 'Cause', cause)}
<p class="actions"><button>Show</button> <a href="${link(page)}">Clear</a></p>
</form>`;
}

const isChosen = ({ target }: Filters, id: number, name: string): boolean =>
  target === String(id) || target === name;

const field = (key: string, label: string, value = '', placeholder = ''): Html =>
  html`<label>${label} <input name="${key}" value="${value}" placeholder="${placeholder}" dir="auto" autocomplete="off"></label>`;
