import { readPosts } from '../../app/charts.js';
import { readTarget, type SettingInForce, type TargetDetails } from '../../app/target-details.js';
import { latencies, type PostRow, postSeries } from '../../reports/post-series.js';
import { barChart } from '../charts/bars.js';
import { funnel } from '../charts/funnel.js';
import { latencyChart } from '../charts/latency.js';
import { rangeMenu, rangeOf } from '../charts/ranges.js';
import { type Html, html, nothing } from '../html.js';
import { given, message, type Page, type PageContext } from '../page.js';
import {
  ago,
  badge,
  bytes,
  clock,
  code,
  counted,
  duration,
  name,
  number,
  shortName,
} from '../words.js';
import { causeList } from './causes.js';
import { findingList, tiles } from './findings.js';
import { badges } from './home.js';

/** Posts that charts are drawn from. */
const MOST_POSTS = 5_000;
/** Posts that are listed one by one. */
const LISTED = 20;

/** One target: what it has, how it answers, and its settings. */
export async function target(at: PageContext): Promise<Page> {
  const named = given(at.query, 'id') ?? given(at.query, 'name');
  if (named === undefined) return message('Target', 'No target was named.', { status: 404 });
  const details = await readTarget(at.app, named);
  const { record, address } = details;
  const posts = record === undefined ? [] : await readPosts(at.app, record.id, MOST_POSTS);
  return {
    title: `Target ${details.name}`,
    body: html`<p class="address">${code(address)} ${standing(details)}</p>
${at.live('state', await state(at, details))}
${at.live('posts', postCharts(at, named, posts))}
<section aria-labelledby="settings"><h2 id="settings">Settings</h2>${settings(details.settings)}</section>`,
  };
}

function standing({ record, ledger, isActive, declaredIn }: TargetDetails): Html {
  return html`${isActive ? badge('active target') : ''}${record && ledger ? badges(record, ledger) : ''}
<span class="quiet">${declaredIn === null ? 'not declared in config.toml' : `declared in ${declaredIn}`}</span>`;
}

async function state(at: PageContext, details: TargetDetails): Promise<Html> {
  const { record, ledger } = details;
  if (record === undefined || ledger === undefined)
    return html`<p class="lead">Nothing was sent there yet.</p>`;
  const { findings } = await at.status();
  const own = findings.filter(({ target_id }) => target_id === record.id);
  return html`${tiles([
    ['delivered', ledger.delivered],
    ['waiting', ledger.unsent + ledger.pending + ledger.transient],
    ['failed', ledger.rejected + ledger.terminal],
    [
      'oldest undelivered',
      ledger.oldest_undelivered_at === null
        ? html`none`
        : ago(ledger.oldest_undelivered_at, at.now),
    ],
    ['last drained', ago(record.lastDrainedAt, at.now)],
  ])}
${findingList(at, own)}
${record.blockedReason === null ? nothing : html`<p class="trouble">${badge(record.blockedReason)} ${record.blockedMessage ?? ''}</p>`}
<div class="sides"><section class="card">${funnel(at, String(record.id), ledger)}</section>
${ledger.causes.length === 0 ? nothing : html`<section class="card"><h2>Causes</h2>${causeList(at, record.id, ledger.causes, { hasPlans: at.allowWrites && record.retiredAt === null })}</section>`}</div>
${plans(at, details)}`;
}

/** What can be planned here. */
function plans({ link, allowWrites }: PageContext, { record }: TargetDetails): Html {
  if (!allowWrites || record === undefined || record.retiredAt !== null) return nothing;
  const target = record.id;
  return html`<p class="actions"><a class="button" href="${link('plan', { do: 'retry', target })}">Plan a retry</a>
<a class="button" href="${link('plan', { do: 'replay', target })}">Plan a replay</a>
${record.resetSignal === null ? '' : html`<a class="button" href="${link('plan', { do: 'ack', target })}">Plan to acknowledge the reset signal</a>`}</p>`;
}

function postCharts(at: PageContext, named: string, posts: readonly PostRow[]): Html {
  if (posts.length === 0)
    return html`<h2>Posts</h2><p class="none">Nothing was posted there yet.</p>`;
  const range = rangeOf(at, posts.at(-1)?.startedAt ?? null, posts[0]?.startedAt ?? null);
  const inRange = posts.filter(({ startedAt }) => startedAt >= (range.edges[0] ?? 0));
  const buckets = postSeries(inRange, range.edges);
  const requests = inRange.reduce((sum, post) => sum + post.requests, 0);
  const { median, p95 } = latencies(inRange);
  const spread =
    median === null
      ? ''
      : `: half took at most ${duration(median)}, 95 of 100 at most ${duration(p95 ?? 0)}`;
  return html`<div class="with-menu"><h2>Posts</h2>${rangeMenu(at, 'target', { id: named }, range)}</div>
${barChart({
  caption: `${counted(requests, 'request')} in ${range.words}${spread}`,
  series: [
    { name: 'accepted', look: 'step-4', values: buckets.map(({ accepted }) => accepted) },
    { name: 'refused', look: 'bad', values: buckets.map(({ refused }) => refused) },
    { name: 'no answer', look: 'warn', values: buckets.map(({ unanswered }) => unanswered) },
  ],
  edges: range.edges,
})}
${latencyChart(buckets, range.edges)}
${posts.length < MOST_POSTS ? nothing : html`<p class="quiet">From the latest ${number(MOST_POSTS)} posts.</p>`}
<h2>Latest posts</h2>${postTable(posts.slice(0, LISTED))}`;
}

const postTable = (posts: readonly PostRow[]): Html => html`<div class="scroll"><table>
<thead><tr><th scope="col">Post</th><th scope="col">At</th><th scope="col">Answer</th><th scope="col" class="n">Took</th><th scope="col" class="n">Events</th><th scope="col" class="n">Requests</th><th scope="col" class="n">Sent</th><th scope="col">Error</th></tr></thead>
<tbody>${posts.map(
  (
    post,
  ) => html`<tr><th scope="row">${post.id}</th><td>${clock(post.startedAt)}</td><td>${post.httpStatus ?? 'none'}</td>
<td class="n">${duration(post.durationMs)}</td><td class="n">${number(post.events)}</td><td class="n">${number(post.requests)}</td>
<td class="n">${bytes(post.bytesSent)}</td><td>${post.error === null ? '' : shortName(post.error)}</td></tr>`,
)}</tbody></table></div>`;

/** Names of variables, never their values. */
function settings(rows: readonly SettingInForce[]): Html {
  if (rows.length === 0) return html`<p class="none">Its settings are those of the login.</p>`;
  return html`<div class="scroll"><table>
<thead><tr><th scope="col">Setting</th><th scope="col">Value</th><th scope="col">From</th></tr></thead>
<tbody>${rows.map(
    ({ key, value, from }) =>
      html`<tr><th scope="row">${key}</th><td>${name(shown(value))}</td><td>${from}</td></tr>`,
  )}</tbody></table></div>`;
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.join(', ');
  if (typeof value !== 'object' || value === null) return String(value ?? 'none');
  const pairs = Object.entries(value).map(([header, variable]) => `${header} from ${variable}`);
  return pairs.join(', ') || 'none';
}
