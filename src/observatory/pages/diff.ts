import { type DiffReport, diffTargets } from '../../app/diff.js';
import type { TargetRecord } from '../../targets/registry.js';
import { type Html, html, nothing } from '../html.js';
import { given, message, type Page, type PageContext, wholeNumber } from '../page.js';
import { keepingForm } from '../trouble.js';
import { counted, name, number } from '../words.js';
import { eventTable } from './event-table.js';
import { unreadable } from './findings.js';

const PER_PAGE = 100;
const TITLE = 'Compare two targets';

/** What one target has and another has not. */
export async function diff(at: PageContext): Promise<Page> {
  const { targets, document } = await at.status();
  const { delivery_targets: section } = document;
  if ('error' in section)
    return { title: TITLE, status: 503, body: unreadable('The journal', section.error) };
  if (targets.length < 2) return message(TITLE, 'It takes two targets that something was sent to.');
  const a = given(at.query, 'a');
  const b = given(at.query, 'b');
  const choices = form(at, targets, a, b);
  if (a === undefined || b === undefined)
    return { title: TITLE, body: html`${choices}<p class="none">Choose two targets.</p>` };
  return keepingForm(choices, async () => ({
    title: TITLE,
    body: html`${choices}${await difference(at, a, b)}`,
  }));
}

function form(
  at: PageContext,
  targets: readonly TargetRecord[],
  a: string | undefined,
  b: string | undefined,
): Html {
  return html`<form class="filters" method="get" action="${at.link('diff')}">
${choice('a', 'Delivered to', targets, a)}${choice('b', 'and not to', targets, b ?? String(targets[1]?.id))}
<p class="actions"><button>Compare</button></p></form>`;
}

const choice = (
  key: string,
  label: string,
  targets: readonly TargetRecord[],
  chosen: string | undefined,
): Html =>
  html`<label>${label} <select name="${key}">${targets.map(
    ({ id, name: called }) =>
      html`<option value="${id}"${chosen === String(id) || chosen === called ? html` selected` : ''}>${called}</option>`,
  )}</select></label>`;

async function difference(at: PageContext, a: string, b: string): Promise<Html> {
  const after = wholeNumber(at.query, 'after');
  const report = await diffTargets(at.app, a, b, { limit: PER_PAGE, after, budgetMs: at.budgetMs });
  const { count, is_whole, events } = report;
  const noun = after === undefined ? 'event' : 'further event';
  return html`<p class="lead">${howMany(count, is_whole, noun)} delivered to ${side(at, report.a)} and not to ${side(at, report.b)}.</p>
${events.length === 0 ? nothing : html`<p class="quiet">In the order of the journal; states are those at the second target.</p>${eventTable(at, events, 'Events that differ')}`}
${more(at, a, b, report)}`;
}

function howMany(count: number, isWhole: boolean, noun: string): string {
  if (isWhole) return counted(count, noun);
  return count === 0 ? `So far no ${noun}` : `At least ${counted(count, noun)}`;
}

const side = ({ link }: PageContext, { target_id: id, target_name: called }: DiffReport['a']) =>
  html`<a href="${link('target', { id })}">${name(called)}</a>`;

function more(at: PageContext, a: string, b: string, report: DiffReport): Html {
  const { events, count, looked_up_to: upTo } = report;
  const hasMore = count > events.length;
  const after = hasMore ? events.at(-1)?.seq : (upTo ?? undefined);
  if (after === undefined) return nothing;
  const looked = hasMore
    ? nothing
    : html`<p class="quiet">The journal was compared up to number ${number(after)}.</p>`;
  return html`${looked}<nav class="pager" aria-label="Pages of events"><a rel="next" href="${at.link('diff', { a, b, after })}">${hasMore ? 'Next' : 'Compare further'}</a></nav>`;
}
