import { readGrowth } from '../../app/charts.js';
import type { StatusReport } from '../../app/status.js';
import { readDeclared } from '../../app/targets.js';
import type { JournalSection } from '../../reports/journal-section.js';
import type { TargetLedger } from '../../reports/ledger-section.js';
import type { TargetRecord } from '../../targets/registry.js';
import { barChart, legend } from '../charts/bars.js';
import { funnel, funnelBar, MINI_LEGEND } from '../charts/funnel.js';
import { rangeMenu, rangeOf } from '../charts/ranges.js';
import { type Html, html, nothing } from '../html.js';
import type { Page, PageContext } from '../page.js';
import { ago, badge, bytes, counted, name, number, shortName } from '../words.js';
import { causeList } from './causes.js';
import { findingList, nextLine, tiles, unreadable } from './findings.js';

/** More targets than these are a table, with a line for each. */
const MOST_CARDS = 8;

/** Everything at a glance. */
export async function home(at: PageContext): Promise<Page> {
  const report = await at.status();
  const growth = await growthChart(at);
  return {
    title: 'Home',
    body: html`${at.live('now', await summary(at, report))}
${at.live('growth', growth)}
<section aria-labelledby="targets"><h2 id="targets">Targets</h2>${at.live('targets', await targets(at, report))}</section>`,
  };
}

async function summary(
  at: PageContext,
  { document, findings, targets: known }: StatusReport,
): Promise<Html> {
  const { event_journal: journal, delivery_ledger: ledger } = document;
  if ('error' in journal) return unreadable('The journal', journal.error);
  const rows = 'error' in ledger ? [] : ledger.per_target;
  const oldest = rows
    .filter(({ retired }) => !retired)
    .map(({ oldest_undelivered_at: time }) => time)
    .filter((time) => time !== null)
    .sort()[0];
  const captured = await readGrowth(at.app, [at.now - 3_600_000]);
  return html`${tiles([
    ['events captured', captured.events],
    ['captured in the last hour', captured.events - (captured.before[0] ?? 0)],
    ['size of their payloads', html`${bytes(journal.journal_size_bytes)}`],
    ['oldest undelivered', oldest === undefined ? html`none` : ago(oldest, at.now)],
    ...aside(journal),
  ])}
${nextLine(document)}
${findingList(at, findings, new Map(known.map(({ id, name: called }) => [id, called])))}`;
}

/** What is rarely there. */
const aside = ({ spool, archived_event_count, discarded }: JournalSection) =>
  (
    [
      ['in the spool', spool.events],
      ['archived', archived_event_count],
      ['discarded', discarded],
    ] as const
  ).filter(([, events]) => events > 0);

async function growthChart(at: PageContext): Promise<Html> {
  const { firstAt, lastAt } = await readGrowth(at.app, []);
  const range = rangeOf(at, firstAt, lastAt);
  const { before } = await readGrowth(at.app, range.edges);
  const values = before.slice(1).map((events, i) => events - (before[i] ?? 0));
  const total = values.reduce((sum, events) => sum + events, 0);
  if (firstAt === null)
    return html`<h2>Growth</h2><p class="lead">Nothing is captured yet: <code class="command">redrain capture FILE</code> takes events in.</p>`;
  return html`<div class="with-menu"><h2>Growth</h2>${rangeMenu(at, '', {}, range)}</div>
${barChart({
  caption: `${counted(total, 'event')} captured in ${range.words}`,
  series: [{ name: 'captured', look: 'step-1', values }],
  edges: range.edges,
})}`;
}

async function targets(at: PageContext, report: StatusReport): Promise<Html> {
  const { delivery_ledger: ledger } = report.document;
  if ('error' in ledger) return unreadable('The ledger', ledger.error);
  const known = report.targets.flatMap((record) => {
    const row = ledger.per_target.find(({ target_id }) => target_id === record.id);
    return row === undefined ? [] : [{ record, row }];
  });
  const declared = await readDeclared(at.app, report.targets);
  if (known.length + declared.length === 0)
    return html`<p class="lead">No target yet: <code class="command">redrain targets add NAME URL</code> declares one. Events are kept until then.</p>`;
  return html`${known.length > MOST_CARDS ? table(at, known) : html`<div class="cards">${known.map((one) => card(at, one))}</div>`}
${declared.length === 0 ? nothing : html`<ul class="plain">${declared.map(({ name: called, address, fault }) => html`<li>${name(called)}: ${fault ?? `declared, nothing was sent there yet (${address})`}</li>`)}</ul>`}`;
}

interface KnownTarget {
  readonly record: TargetRecord;
  readonly row: TargetLedger;
}

function card(at: PageContext, { record, row }: KnownTarget): Html {
  const { id, name: called, canonicalUrl } = record;
  return html`<article class="card" aria-labelledby="target-${id}">
<header><h3 id="target-${id}"><a href="${at.link('target', { id })}">${shortName(called)}</a></h3>${badges(record, row)}</header>
<p class="address">${shortName(canonicalUrl)}</p>
${funnel(at, String(id), row)}
${causeList(at, id, row.causes, { most: 3 })}
${row.oldest_undelivered_at === null ? nothing : html`<p class="quiet">Oldest undelivered: ${ago(row.oldest_undelivered_at, at.now)}</p>`}
</article>`;
}

/** What there is to know of its state, in words. */
export function badges(record: TargetRecord, { circuit }: TargetLedger): Html {
  return html`${record.retiredAt === null ? '' : badge('retired')}${circuit.state === 'closed' ? '' : badge(circuit.state === 'open' ? 'open circuit' : 'half-open circuit')}${record.resetSignal === null ? '' : badge('reset signal')}`;
}

function table(at: PageContext, known: readonly KnownTarget[]): Html {
  return html`${legend(MINI_LEGEND)}<div class="scroll"><table>
<thead><tr><th scope="col">Target</th><th scope="col" class="n">Delivered</th><th scope="col">Of captured</th><th scope="col" class="n">Waiting</th><th scope="col" class="n">Failed</th><th scope="col">Oldest undelivered</th></tr></thead>
<tbody>${known.map(({ record, row }) => {
    const { unsent, pending, transient, rejected, terminal } = row;
    return html`<tr><th scope="row"><a href="${at.link('target', { id: record.id })}">${shortName(record.name)}</a> ${badges(record, row)}</th>
<td class="n">${number(row.delivered)}</td><td>${funnelBar(row)}</td>
<td class="n">${number(unsent + pending + transient)}</td><td class="n">${number(rejected + terminal)}</td>
<td>${row.oldest_undelivered_at === null ? 'none' : ago(row.oldest_undelivered_at, at.now)}</td></tr>`;
  })}</tbody></table></div>`;
}
