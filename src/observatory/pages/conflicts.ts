import {
  type ConflictDetails,
  type ConflictRow,
  readConflict,
  readConflicts,
  type ShownPayload,
} from '../../app/conflicts.js';
import type { EdgePlace } from '../../edges/edge-store.js';
import { type Html, html, nothing } from '../html.js';
import { given, type Page, type PageContext } from '../page.js';
import { badge, bytes, clock, code, counted, name, number, shortName } from '../words.js';
import { payloadBeside } from './payload.js';

const LISTED = 200;

/** Two contents for one event id: those to decide, or all. */
export async function conflicts(at: PageContext): Promise<Page> {
  const all = given(at.query, 'all') !== undefined;
  const { count, conflicts: rows } = await readConflicts(at.app, { all, limit: LISTED });
  const more = count - rows.length;
  const list =
    count === 0
      ? html`<p class="none">There are no conflicts${all ? '' : ' to decide'}.</p>`
      : html`${conflictTable(at, rows)}${more > 0 ? html`<p class="quiet">and ${counted(more, 'more conflict')}</p>` : ''}`;
  return {
    title: 'Conflicts',
    body: html`<p class="lead">When another content arrives for a known event id, both are kept until somebody decides.</p>
<p><a href="${at.link('conflicts', { all: all ? undefined : 1 })}">${all ? 'Only those to decide' : 'Decided ones too'}</a></p>
${at.live('list', list)}`,
  };
}

const conflictTable = (
  at: PageContext,
  rows: readonly ConflictRow[],
): Html => html`<div class="scroll"><table>
<thead><tr><th scope="col">Conflict</th><th scope="col">Event</th><th scope="col">Found by</th><th scope="col">At</th><th scope="col">State</th></tr></thead>
<tbody>${rows.map(
  ({ id, event_id, found_in, found_by, found_at, kept }) =>
    html`<tr><th scope="row"><a href="${at.link('conflict', { id })}">${id}</a></th><td>${shortName(event_id)}</td>
<td>${shortName(found_in ?? found_by)}</td><td>${clock(found_at)}</td><td>${badge(kept === null ? 'to decide' : `kept ${kept}`)}</td></tr>`,
)}</tbody></table></div>`;

/** One conflict, both contents side by side. */
export async function conflict(at: PageContext): Promise<Page> {
  const details = await readConflict(at.app, given(at.query, 'id') ?? '');
  const { id, event_id, kept, journal, incoming, found_at, sent_by } = details;
  return {
    title: `Conflict ${id}`,
    body: html`<p>Event <a href="${at.link('event', { id: event_id })}">${name(event_id)}</a>, found ${clock(found_at)} by ${name(details.found_in ?? details.found_by)}. ${badge(kept === null ? 'to decide' : `kept ${kept}`)}</p>
${differences(details)}
<div class="sides">${side(`In the journal, revision ${journal.revision}`, details.event_type, journal, sent_by.journal)}${side('Incoming', details.incoming_type, incoming, sent_by.incoming)}</div>
${decisions(at, details)}`,
  };
}

function differences({ differences: rows }: ConflictDetails): Html {
  if (rows === null)
    return html`<p class="none">The bytes of one side are gone: there is nothing to compare.</p>`;
  return html`<h2>Differences</h2><div class="scroll"><table>
<thead><tr><th scope="col">Where</th><th scope="col">Journal</th><th scope="col">Incoming</th></tr></thead>
<tbody>${rows.map(
    ({ path, journal, incoming }) =>
      html`<tr><th scope="row">${path === '' ? 'all of it' : shortName(path)}</th>${[journal, incoming].map((value) => html`<td>${value === null ? html`<span class="none">not there</span>` : shortName(value)}</td>`)}</tr>`,
  )}</tbody></table></div>`;
}

const side = (
  title: string,
  type: string,
  payload: ShownPayload,
  senders: readonly EdgePlace[],
): Html =>
  html`<section><h2>${title}</h2><p>${shortName(type)} ${payload.size === null ? 'bytes gone' : bytes(payload.size)}</p>${sentBy(senders)}<p>SHA-256 ${code(payload.sha256)}</p>
<details><summary>Bytes</summary>${payloadBeside(`Bytes: ${title}`, payload.text ?? payload.bytes_base64 ?? '')}</details></section>`;

/** The homes that sent it, and their numbers for it; nothing for what was captured here. */
const sentBy = (senders: readonly EdgePlace[]): Html =>
  senders.length === 0
    ? nothing
    : html`<p>Sent by ${senders.map(({ name: called, home, number: sent }, i) => html`${i === 0 ? '' : ', '}${shortName(called ?? home)} as its number ${number(sent)}`)}</p>`;

function decisions(at: PageContext, { id, kept }: ConflictDetails): Html {
  if (!at.allowWrites || kept !== null) return nothing;
  return html`<p class="actions">${(['journal', 'incoming'] as const).map(
    (keep) =>
      html`<a class="button" href="${at.link('plan', { do: 'resolve', conflict: id, keep })}">Plan to keep ${keep === 'journal' ? 'the journal' : 'the incoming one'}</a> `,
  )}</p>`;
}
