import { type Html, html, nothing } from '../html.js';
import { message, oneOf, type Page, type PageContext } from '../page.js';
import { badge, name, number } from '../words.js';
import { ACTIONS, type Action, KINDS, type Plan, type Selection, type Subject } from './actions.js';
import type { Seals } from './seal.js';

/** What was asked for, and what it would do now. */
interface Planned {
  readonly action: Action;
  readonly subject: Subject;
  readonly selection: Selection;
  readonly plan: Plan;
}

/** Times that were read when the plan was made: `2h` means the same when it is applied. */
const FIXED_TIMES = ['since', 'until'] as const;

/** A plan with its counts, and the button that applies it. */
export async function planPage(at: PageContext, seals: Seals): Promise<Page> {
  const planned = await planOf(at, at.query);
  return planned === undefined ? unknownPlan : shown(at, seals, planned);
}

/**
 * Applies a plan if its counts are still what they were when it was made; else
 * the page has the new plan, and nothing was changed.
 */
export async function applyPlan(
  at: PageContext,
  seals: Seals,
  form: URLSearchParams,
): Promise<Page> {
  const planned = await planOf(at, form);
  if (planned === undefined) return unknownPlan;
  if (!seals.fits(form.get('seal') ?? '', sealed(planned))) return moved(at, seals, planned);
  const { action, subject, selection } = planned;
  const outcome = await KINDS[action].apply(at.app, subject, selection);
  return {
    title: 'Done',
    body: html`${outcome.map((line) => html`<p class="lead">${line}</p>`)}
<p class="actions">${whereTo(at, planned)}</p>`,
  };
}

const unknownPlan = message('Plan', 'There is no such plan.', { status: 404 });

async function planOf(at: PageContext, query: URLSearchParams): Promise<Planned | undefined> {
  const action = oneOf(query, 'do', ACTIONS);
  if (action === undefined) return undefined;
  const subject = subjectOf(at, action, query);
  const selection = selectionOf(at, subject);
  return { action, subject, selection, plan: await KINDS[action].plan(at.app, subject, selection) };
}

function subjectOf(at: PageContext, action: Action, query: URLSearchParams): Subject {
  const pairs = KINDS[action].keys.flatMap((key) => {
    const value = query.get(key)?.trim();
    return value === undefined || value === '' ? [] : [[key, value] as const];
  });
  const subject = Object.fromEntries(pairs);
  for (const key of FIXED_TIMES) {
    const text = subject[key];
    if (text !== undefined) subject[key] = new Date(at.readTime(text, at.now)).toISOString();
  }
  return subject;
}

function selectionOf(at: PageContext, subject: Subject): Selection {
  const { type, project, since, until, event, cause } = subject;
  return {
    type,
    project,
    cause,
    since: since === undefined ? undefined : at.readTime(since, at.now),
    until: until === undefined ? undefined : at.readTime(until, at.now),
    events: event === undefined ? undefined : [event],
  };
}

const sealed = ({ action, subject, plan }: Planned): unknown => [
  action,
  Object.entries(subject).sort(),
  plan.counts,
];

function shown(at: PageContext, seals: Seals, planned: Planned, lead: Html = nothing): Page {
  const { plan, action, subject } = planned;
  const hidden = { ...subject, do: action, seal: seals.of(sealed(planned)) };
  const form = html`<form method="post" action="${at.link('apply')}">
${Object.entries(hidden).map(([key, value]) => html`<input type="hidden" name="${key}" value="${value}">`)}
<p class="actions"><button class="apply">Apply this plan</button> ${whereTo(at, planned)}</p></form>`;
  return {
    title: 'Plan',
    hasForm: true,
    body: html`${lead}<p class="lead">${plan.title}</p>
${filters(subject)}
<div class="scroll plan"><table><caption class="hidden">What the plan is bound to</caption>
<thead><tr><th scope="col">What</th><th scope="col">Now</th></tr></thead>
<tbody>${plan.counts.map(([what, value]) => html`<tr><th scope="row">${name(what)}</th><td>${typeof value === 'number' ? number(value) : name(value)}</td></tr>`)}</tbody></table></div>
${plan.notes.map((note) => html`<p class="quiet">${note}</p>`)}
${plan.isWorth ? form : html`<p class="none">There is nothing to apply.</p><p class="actions">${whereTo(at, planned)}</p>`}`,
  };
}

/** The counts moved, or the plan is of an earlier start. */
function moved(at: PageContext, seals: Seals, planned: Planned): Page {
  const lead = html`<p class="trouble" role="alert">${badge('not applied')} The home has changed since this plan was made, and nothing was done. This is the plan as it is now.</p>`;
  return { ...shown(at, seals, planned, lead), status: 409 };
}

function filters(subject: Subject): Html {
  const { target: _target, queue: _queue, conflict: _conflict, keep: _keep, ...rest } = subject;
  const entries = Object.entries(rest);
  if (entries.length === 0) return nothing;
  return html`<p>${entries.map(([key, value]) => html`<span class="filter-said">${key} ${name(value)}</span> `)}</p>`;
}

/** The page that a plan is about. */
function whereTo({ link }: PageContext, { action, subject }: Planned): Html {
  const { target, conflict, queue } = subject;
  if (action === 'resolve')
    return html`<a href="${link('conflict', { id: conflict })}">Conflict</a>`;
  if (queue !== undefined) return html`<a href="${link('jobs', { queue })}">Queue</a>`;
  return html`<a href="${link('target', { id: target })}">Target</a>`;
}
