import { type EdgeReport, type EdgeRow, readEdge, readEdges } from '../../app/edges.js';
import { grouped } from '../../base/grouped.js';
import { type Html, html, nothing } from '../html.js';
import { given, type Page, type PageContext } from '../page.js';
import { ago, badge, clock, counted, name, shortName } from '../words.js';

/** Homes that send to this one. */
export async function edges(at: PageContext): Promise<Page> {
  const rows = await readEdges(at.app);
  const list =
    rows.length === 0
      ? html`<p class="none">No other home has sent to this one: <code class="command">redrain receive</code> takes what they send.</p>`
      : edgeTable(at, rows);
  return {
    title: 'Edges',
    body: html`<p class="lead">Homes that send to this one, and what of their numbers is here.</p>
${at.live('edges', list)}`,
  };
}

const edgeTable = (
  at: PageContext,
  rows: readonly EdgeRow[],
): Html => html`<div class="scroll"><table><caption class="hidden">Edges</caption>
<thead><tr><th scope="col">Edge</th><th scope="col">Machine</th><th scope="col">State</th><th scope="col" class="n">Here</th><th scope="col" class="n">Missing</th><th scope="col" class="n">Lag</th><th scope="col">Seen</th></tr></thead>
<tbody>${rows.map(
  (row) =>
    html`<tr><th scope="row"><a href="${at.link('edge', { id: row.id })}">${shortName(row.name ?? row.home)}</a></th><td>${shortName(row.host)}</td>
<td>${states(row)}</td><td class="n">${grouped(row.received)}</td><td class="n">${grouped(row.missing)}</td><td class="n">${lag(row)}</td><td>${ago(row.last_seen_at, at.now)}</td></tr>`,
)}</tbody></table></div>`;

const states = ({ state }: EdgeRow): Html => html`${state.map((one) => html`${badge(one)} `)}`;

const lag = ({ lag_ms }: EdgeRow): string =>
  lag_ms === null ? 'not known' : `${grouped(lag_ms)} ms`;

/** One edge: its gaps, its faults, and the copies of its home. */
export async function edge(at: PageContext): Promise<Page> {
  const found = await readEdge(at.app, given(at.query, 'id') ?? '');
  return { title: `Edge ${found.name ?? found.home}`, body: at.live('edge', edgeFacts(at, found)) };
}

function edgeFacts(at: PageContext, found: EdgeReport): Html {
  const { id, home, host, highest, complete_up_to, received, kept_there, missing } = found;
  return html`<p>${states(found)} ${found.name === null ? nothing : html`Named ${name(found.name)}: home`} ${name(home)} on ${name(host)}, seen ${ago(found.last_seen_at, at.now)}.</p>
<p>${counted(received, 'event')} here, ${grouped(kept_there)} kept there, ${grouped(missing)} missing. Numbers up to ${grouped(highest)}, complete up to ${grouped(complete_up_to)}. Lag ${lag(found)}.</p>
${faults(found, id)}${gaps(found)}
<section aria-labelledby="copies"><h2 id="copies">Copies of its home</h2><div class="scroll"><table><caption class="hidden">Copies</caption>
<thead><tr><th scope="col">Copy</th><th scope="col">Machine</th><th scope="col">From</th><th scope="col">To</th></tr></thead>
<tbody>${found.copies.map(
    (copy) =>
      html`<tr><th scope="row">${shortName(copy.instance)}</th><td>${shortName(copy.host)}</td><td>${clock(copy.first_seen_at)}</td><td>${clock(copy.last_seen_at)}</td></tr>`,
  )}</tbody></table></div></section>`;
}

function faults({ faults: found }: EdgeReport, id: number): Html {
  if (found.length === 0) return nothing;
  return html`<section aria-labelledby="faults"><h2 id="faults">What is wrong</h2>
<ul>${found.map(({ kind, message, first_found_at, last_found_at }) => html`<li>${badge(kind)} ${message}. Found ${clock(first_found_at)}, last ${clock(last_found_at)}.</li>`)}</ul>
<p><code class="command">redrain edges ack ${id}</code> says that this was seen.</p></section>`;
}

function gaps({ gaps: found, more_gaps: more }: EdgeReport): Html {
  if (found.length === 0) return nothing;
  const shown = found.map(({ first, last }) =>
    first === last ? `${first}` : `${first} to ${last}`,
  );
  return html`<section aria-labelledby="gaps"><h2 id="gaps">Missing numbers</h2>
<p>${shown.join(', ')}${more > 0 ? html` and ${counted(more, 'more gap')}` : ''}</p></section>`;
}
