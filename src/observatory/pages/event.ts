import { inspectEvent } from '../../app/inspect.js';
import type { EventStory, RevisionStory, TargetStory } from '../../reports/story.js';
import { type Html, html, nothing } from '../html.js';
import { given, message, type Page, type PageContext } from '../page.js';
import {
  ago,
  badge,
  bytes,
  clock,
  code,
  duration,
  momentOf,
  name,
  number,
  shortName,
  statusWord,
} from '../words.js';
import { payloadText, scrolled } from './payload.js';

/** One event: its whole story, and what targets answered. */
export async function event(at: PageContext): Promise<Page> {
  const id = given(at.query, 'id') ?? '';
  const story = await inspectEvent(at.app, id);
  if (story === undefined)
    return message('Event', `Neither the journal nor the spool has an event ${id}.`, {
      status: 404,
    });
  const { targets } = await at.status();
  const names = new Map(targets.map((target) => [target.id, target.name]));
  return {
    title: 'Event',
    body: html`<p class="event-id">${code(id)}</p>
${at.live('story', html`${story.revisions.map((revision) => revisionOf(at, id, revision, names))}${elsewhere(at, story)}${timeline(story, names)}`)}
${payload(at, id, story)}`,
  };
}

type Names = ReadonlyMap<number, string>;

function revisionOf(at: PageContext, event: string, revision: RevisionStory, names: Names): Html {
  const { seq, event_type, size, captured_at, occurred_at, sha256, project_uuid, checkout } =
    revision;
  const facts: (readonly [string, Html | string])[] = [
    ['number', number(seq)],
    ['type', name(event_type)],
    [
      'state',
      html`${badge(revision.class)}${revision.other_event_id === null ? '' : html` by <a href="${at.link('event', { id: revision.other_event_id })}">${shortName(revision.other_event_id)}</a>`}`,
    ],
    ['captured', html`${clock(captured_at)} (${ago(captured_at, at.now)})`],
    ['happened', occurred_at === null ? 'the event does not say' : clock(occurred_at)],
    ['size', bytes(size)],
    ['project', project_uuid === null ? 'none' : name(project_uuid)],
    ['from', checkout === null ? 'unknown' : name(checkout)],
    ['SHA-256', code(sha256)],
    ...(revision.undeliverable === null
      ? []
      : [['undeliverable', revision.undeliverable] as const]),
  ];
  return html`<section><h2>${revision.revision === 1 ? 'Captured' : `Revision ${revision.revision}`}</h2>
<dl class="facts">${facts.map(([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}</dl>
<h2>At each target</h2>${targetTable(at, revision, names, event)}
${postTable(revision, names)}${answers(revision, names)}</section>`;
}

function targetTable(at: PageContext, revision: RevisionStory, names: Names, event: string): Html {
  const { targets, class: why } = revision;
  if (targets.length === 0) return html`<p class="none">There is no target yet.</p>`;
  return html`<div class="scroll"><table>
<thead><tr><th scope="col">Target</th><th scope="col">State</th><th scope="col" class="n">Attempts</th><th scope="col" class="n">Generation</th><th scope="col">Next attempt</th><th scope="col">Error</th></tr></thead>
<tbody>${targets.map((target) => targetRow(at, target, why, names, event))}</tbody></table></div>`;
}

function targetRow(
  at: PageContext,
  { target_id: id, delivery, in_flight }: TargetStory,
  why: string,
  names: Names,
  event: string,
): Html {
  const { status, attempt_count = 0, generation = 1, next_attempt_at, last_error } = delivery ?? {};
  const unsent = why === 'live' ? 'not sent' : why;
  return html`<tr><th scope="row"><a href="${at.link('target', { id })}">${shortName(names.get(id) ?? String(id))}</a></th>
<td>${badge(in_flight ? 'on the wire' : statusWord(text(status ?? unsent)))}${why === 'live' ? plan(at, id, text(status), event) : ''}</td>
<td class="n">${text(attempt_count)}</td><td class="n">${text(generation)}</td>
<td>${nextAttempt(next_attempt_at, at.now)}</td><td>${last_error == null ? '' : shortName(text(last_error))}</td></tr>`;
}

/** What is due waits for the next drain, whenever that is. */
function nextAttempt(time: unknown, now: number): Html {
  if (time == null) return html`none`;
  const at = momentOf(text(time));
  return at !== null && at <= now ? html`due now` : ago(text(time), now);
}

/** Every post that the event was part of, oldest first. */
function postTable({ targets }: RevisionStory, names: Names): Html {
  const posts = targets
    .flatMap(({ target_id: target, posts: own }) => own.map((post) => ({ target, post })))
    .sort((a, b) => Number(a.post.id) - Number(b.post.id));
  if (posts.length === 0) return nothing;
  return html`<h2>Posts</h2><div class="scroll"><table><caption class="hidden">Posts with this event</caption>
<thead><tr><th scope="col">Target</th><th scope="col">Post</th><th scope="col">At</th><th scope="col">Outcome</th><th scope="col">Answer</th><th scope="col" class="n">Took</th><th scope="col" class="n">Among</th><th scope="col">Error</th></tr></thead>
<tbody>${posts.map(({ target, post }) => postRow(post, names.get(target) ?? String(target)))}</tbody></table></div>`;
}

type Post = TargetStory['posts'][number];

const postRow = (post: Post, target: string): Html =>
  html`<tr><th scope="row">${shortName(target)}</th><td>${text(post.id)}</td><td>${clock(text(post.started_at))}</td><td>${badge(statusWord(text(post.outcome)))}</td>
<td>${post.http_status === null ? 'none' : html`HTTP ${text(post.http_status)}`}</td><td class="n">${duration(Number(post.duration_ms))}</td>
<td class="n">${number(Number(post.events))}</td><td>${post.error === null ? '' : shortName(text(post.error))}</td></tr>`;

/** The last recorded answer of each target, behind a click. */
function answers({ targets }: RevisionStory, names: Names): Html {
  return html`${targets.map(({ target_id: id, delivery }) => {
    const answer = delivery?.last_response_json ?? null;
    if (answer === null) return nothing;
    const called = names.get(id) ?? String(id);
    return html`<details><summary>Recorded answer of ${shortName(called)}</summary>${scrolled(`Recorded answer of ${called}`, text(answer))}</details>`;
  })}`;
}

const text = (value: unknown): string => String(value);

/** Where else it is: the spool, the audit log, a conflict. */
function elsewhere(at: PageContext, { spooled, spool_error, audit, conflicts }: EventStory): Html {
  const lines = [
    ...(spool_error === null ? [] : [html`The spool cannot be read: ${spool_error}`]),
    ...spooled.map(
      ({ file, since }) => html`In the spool since ${clock(since)}, in ${name(file)}.`,
    ),
    ...audit.map(
      (row) => html`Audit entry ${row.id}, ${clock(row.at)}: ${row.action}: ${name(row.reason)}`,
    ),
    ...conflicts.map(
      ({ id, resolved_at, kept }) =>
        html`<a href="${at.link('conflict', { id: text(id) })}">Conflict ${text(id)}</a>: ${resolved_at === null ? 'another content came; to decide' : `decided, ${text(kept)} kept`}`,
    ),
  ];
  if (lines.length === 0) return nothing;
  return html`<ul class="plain">${lines.map((line) => html`<li>${line}</li>`)}</ul>`;
}

/** Everything that happened to it, oldest first, with the time from one step to the next. */
function timeline({ timeline: entries }: EventStory, names: Names): Html {
  if (entries.length === 0) return nothing;
  const first = Date.parse(entries[0]?.at ?? '');
  return html`<section><h2>What happened</h2><ol class="timeline">${entries.map(
    ({ at: time, what, target_id: id }) =>
      html`<li><span class="when">${clock(time)} <span class="quiet">+${duration(Math.max(Date.parse(time) - first, 0))}</span></span>
<span>${id === null ? '' : html`${shortName(names.get(id) ?? String(id))}: `}${shortName(what)}</span></li>`,
  )}</ol></section>`;
}

/** Behind a click: nobody sees an event's content who did not ask for it. */
function payload(at: PageContext, id: string, { revisions, spooled }: EventStory): Html {
  const current = revisions.at(-1);
  const content = current === undefined ? spooled.at(-1)?.bytes : current.bytes;
  if (content === undefined || content === null)
    return html`<h2 id="bytes">Bytes</h2><p class="none">Its bytes are not in the journal${current === undefined ? '' : `: ${current.class}`}.</p>`;
  if (given(at.query, 'show') !== 'bytes')
    return html`<h2 id="bytes">Bytes</h2><p class="actions"><a class="button" href="${at.link('event', { id, show: 'bytes' })}#bytes">Show the ${bytes(content.length)}</a></p>`;
  return html`<h2 id="bytes">Bytes</h2>${payloadText(content)}<p class="actions"><a href="${at.link('event', { id })}">Hide them</a></p>`;
}

/** What can be planned for this event alone at one target, by where it stands there. */
function plan({ link, allowWrites }: PageContext, target: number, status: string, event: string) {
  const kind = allowWrites ? planFor(status) : undefined;
  if (kind === undefined) return nothing;
  return html` <a href="${link('plan', { do: kind, target, event })}">Plan a ${kind}</a>`;
}

function planFor(status: string): 'retry' | 'replay' | undefined {
  if (['rejected', 'failed_transient', 'terminal_failed'].includes(status)) return 'retry';
  return ['success', 'duplicate'].includes(status) ? 'replay' : undefined;
}
