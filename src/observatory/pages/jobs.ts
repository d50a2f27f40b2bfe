import { readQueues } from '../../app/jobs/enqueue.js';
import { listSchedules } from '../../app/jobs/schedules.js';
import { JOB_STATES, type Job, type JobState } from '../../queue/job.js';
import type { Queues } from '../../queue/ports.js';
import type { JobScheduler } from '../../queue/scheduler.js';
import type { QueueRow } from '../../reports/jobs-section.js';
import { type Html, html, nothing } from '../html.js';
import { given, message, oneOf, type Page, type PageContext } from '../page.js';
import { ago, badge, clock, name, number, shortName } from '../words.js';
import { unreadable } from './findings.js';
import { scrolled } from './payload.js';

const LISTED = 50;

/** Queues, their jobs by state, and what comes at fixed times. */
export async function jobs(at: PageContext): Promise<Page> {
  const { document } = await at.status();
  const queue = given(at.query, 'queue');
  const state = oneOf(at.query, 'state', JOB_STATES);
  if ('error' in document.jobs)
    return { title: 'Jobs', body: unreadable('jobs.db', document.jobs.error) };
  const rows = document.jobs.queues;
  const found = await readQueues(at.app, async (queues) => ({
    jobs: await jobsOf(queues, queue === undefined ? rows.map((row) => row.queue) : [queue], state),
    schedules: await listSchedules(queues),
  }));
  return {
    title: 'Jobs',
    body: html`${at.live('queues', queueTable(at, rows))}
<section aria-labelledby="jobs"><h2 id="jobs">Latest jobs of ${queue ?? 'each queue'}</h2>${tabs(at, queue, state)}${at.live('jobs', jobTable(at, found?.jobs ?? []))}</section>
<section aria-labelledby="schedules"><h2 id="schedules">Schedules</h2>${at.live('schedules', scheduleTable(at, found?.schedules ?? []))}</section>`,
  };
}

/** The latest of each queue, the newest first. */
async function jobsOf(
  queues: Queues,
  names: readonly string[],
  state: JobState | undefined,
): Promise<Job[]> {
  const states: readonly JobState[] = state === undefined ? JOB_STATES : [state];
  const found: Job[] = [];
  for (const name of names) {
    const queue = queues.queue(name);
    const counts = await queue.getJobCounts();
    const total = states.reduce<number>((sum, one) => sum + counts[one], 0);
    found.push(...(await queue.getJobs(states, Math.max(total - LISTED, 0), -1)).reverse());
  }
  return found;
}

function queueTable(at: PageContext, rows: readonly QueueRow[]): Html {
  if (rows.length === 0)
    return html`<p class="none">No jobs yet: <code class="command">redrain enqueue</code> adds one.</p>`;
  return html`<div class="scroll"><table><caption class="hidden">Queues</caption>
<thead><tr><th scope="col">Queue</th>${(['waiting', 'active', 'delayed', 'failed'] as const).map((state) => html`<th scope="col" class="n">${state}</th>`)}<th scope="col">Waiting since</th><th scope="col">State</th></tr></thead>
<tbody>${rows.map((row) => {
    const { queue, paused, served } = row;
    return html`<tr><th scope="row"><a href="${at.link('jobs', { queue })}">${shortName(queue)}</a></th>
${(['waiting', 'active', 'delayed', 'failed'] as const).map((state) => html`<td class="n">${row[state] === 0 ? '0' : html`<a href="${at.link('jobs', { queue, state })}">${number(row[state])}</a>`}</td>`)}
<td>${row.waiting_since === null ? 'none' : ago(row.waiting_since, at.now)}</td>
<td>${paused ? badge('paused') : ''}${badge(served ? 'served' : 'no worker')}${pausing(at, queue, paused)}</td></tr>`;
  })}</tbody></table></div>`;
}

function pausing(at: PageContext, queue: string, paused: boolean): Html {
  if (!at.allowWrites) return nothing;
  const kind = paused ? 'resume' : 'pause';
  return html` <a href="${at.link('plan', { do: kind, queue })}">Plan to ${kind}</a>`;
}

function tabs(at: PageContext, queue: string | undefined, chosen: JobState | undefined): Html {
  const tab = (state: JobState | undefined): Html =>
    html`<li><a href="${at.link('jobs', { queue, state })}"${state === chosen ? html` aria-current="true"` : ''}>${state ?? 'all'}</a></li>`;
  return html`<nav class="ranges" aria-label="Jobs by state"><ul>${[undefined, ...JOB_STATES].map(tab)}</ul></nav>`;
}

function jobTable(at: PageContext, found: readonly Job[]): Html {
  if (found.length === 0) return html`<p class="none">No jobs here.</p>`;
  return html`<div class="scroll"><table><caption class="hidden">Jobs</caption>
<thead><tr><th scope="col">Job</th><th scope="col">Queue</th><th scope="col">Name</th><th scope="col">State</th><th scope="col" class="n">Tried</th><th scope="col">At</th><th scope="col">Why</th></tr></thead>
<tbody>${found.map(
    (
      job,
    ) => html`<tr><th scope="row"><a href="${at.link('job', { queue: job.queue, id: job.id })}">${shortName(job.id)}</a></th>
<td>${shortName(job.queue)}</td><td>${shortName(job.name)}</td><td>${badge(job.state)}${job.warning === null ? '' : badge('warning')}</td><td class="n">${number(job.attemptsMade)}</td>
<td>${clock(job.finishedOn ?? job.runAt ?? job.timestamp)}</td><td>${shortName(job.failedReason ?? job.warning?.message ?? '')}</td></tr>`,
  )}</tbody></table></div>`;
}

function scheduleTable(at: PageContext, schedules: readonly JobScheduler[]): Html {
  if (schedules.length === 0) return html`<p class="none">No schedules.</p>`;
  return html`<div class="scroll"><table><caption class="hidden">Schedules</caption>
<thead><tr><th scope="col">Schedule</th><th scope="col">Queue</th><th scope="col">Job</th><th scope="col">When</th><th scope="col">Next</th><th scope="col" class="n">Ticks</th></tr></thead>
<tbody>${schedules.map(
    ({ id, queue, template, repeat, next, iterationCount }) =>
      html`<tr><th scope="row">${shortName(id)}</th><td>${shortName(queue)}</td><td>${shortName(template.name)}</td><td>${shortName(when(repeat))}</td>
<td>${next === null ? 'never again' : html`${next < at.now ? 'due ' : ''}${ago(next, at.now)}`}</td><td class="n">${number(iterationCount)}</td></tr>`,
  )}</tbody></table></div>`;
}

function when(repeat: JobScheduler['repeat']): string {
  if ('every' in repeat) return `every ${number(repeat.every / 1_000)} s`;
  return `${repeat.pattern} (${repeat.tz ?? 'UTC'})`;
}

/** One job; what it carries is behind a click. */
export async function job(at: PageContext): Promise<Page> {
  const queue = given(at.query, 'queue') ?? '';
  const id = given(at.query, 'id') ?? '';
  const found = await readQueues(at.app, (queues) => queues.queue(queue).getJob(id));
  if (found === undefined)
    return message('Job', `The queue ${queue} has no job ${id}.`, { status: 404 });
  return { title: `Job ${found.id}`, body: at.live('job', jobFacts(at, found)) };
}

function jobFacts(at: PageContext, job: Job): Html {
  const facts: (readonly [string, Html | string])[] = [
    ['queue', html`<a href="${at.link('jobs', { queue: job.queue })}">${shortName(job.queue)}</a>`],
    ['id', name(job.id)],
    ['name', name(job.name)],
    ['state', badge(job.state)],
    ['tried', `${job.attemptsMade} of ${job.opts.attempts ?? 1}`],
    ['added', clock(job.timestamp)],
    ['can run from', clock(job.runAt)],
    ['started', clock(job.processedOn)],
    ['ended', clock(job.finishedOn)],
    ...(job.failedReason === null ? [] : [['why it failed', name(job.failedReason)] as const]),
    ...(job.warning === null ? [] : [['warning', name(job.warning.message)] as const]),
  ];
  return html`<dl class="facts">${facts.map(([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}</dl>
${carried('What it carries', 'data', job.data)}${carried('Progress', 'progress', job.progress)}${carried('Result', 'result', job.returnvalue)}`;
}

const MOST_SHOWN = 64 * 1024;

function carried(title: string, id: string, value: unknown): Html {
  const json = JSON.stringify(value, null, 2);
  if (value === null || json === undefined) return nothing;
  const cut = json.length > MOST_SHOWN ? `${json.slice(0, MOST_SHOWN)}…` : json;
  return html`<details id="${id}"><summary>${title}</summary>${scrolled(title, cut)}</details>`;
}
