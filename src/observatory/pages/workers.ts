import type { WorkerRow } from '../../reports/jobs-section.js';
import { ownerOf } from '../../reports/processes.js';
import type { TargetRecord } from '../../targets/registry.js';
import { type Html, html } from '../html.js';
import type { Page, PageContext } from '../page.js';
import { ago, badge, shortName } from '../words.js';
import { unreadable } from './findings.js';

/** Who is at work: workers that said so a moment ago, and whoever drains a target. */
export async function workers(at: PageContext): Promise<Page> {
  const { document, targets } = await at.status();
  const { jobs, delivery_targets: section } = document;
  const list = 'error' in jobs ? unreadable('jobs.db', jobs.error) : workerTable(at, jobs.workers);
  const drains =
    'error' in section ? unreadable('The journal', section.error) : drainTable(at, targets);
  return {
    title: 'Workers',
    body: html`${at.live('workers', list)}
<section aria-labelledby="drains"><h2 id="drains">Drains</h2>${at.live('drains', drains)}</section>`,
  };
}

function workerTable(at: PageContext, rows: readonly WorkerRow[]): Html {
  if (rows.length === 0)
    return html`<p class="none">No worker is running: <code class="command">redrain worker dispatch</code> starts one.</p>`;
  return html`<div class="scroll"><table><caption class="hidden">Workers</caption>
<thead><tr><th scope="col">Worker</th><th scope="col">Process</th><th scope="col">Machine</th><th scope="col">Started</th><th scope="col">Queues</th></tr></thead>
<tbody>${rows.map(
    ({ kind, pid, host, started_at, queues }) =>
      html`<tr><th scope="row">${kind}</th><td>${pid}</td><td>${shortName(host)}</td><td>${ago(started_at, at.now)}</td><td>${shortName(queues.join(', ') || 'none')}</td></tr>`,
  )}</tbody></table></div>`;
}

function drainTable(at: PageContext, targets: readonly TargetRecord[]): Html {
  const drains = targets.flatMap((target) => {
    const owner = ownerOf(target);
    return owner === null ? [] : [{ target, owner }];
  });
  if (drains.length === 0) return html`<p class="none">No target is drained now.</p>`;
  return html`<div class="scroll"><table><caption class="hidden">Drains</caption>
<thead><tr><th scope="col">Target</th><th scope="col">Process</th><th scope="col">State</th><th scope="col">Version</th></tr></thead>
<tbody>${drains.map(
    ({ target, owner }) =>
      html`<tr><th scope="row"><a href="${at.link('target', { id: target.id })}">${shortName(target.name)}</a></th>
<td>${owner.pid ?? 'unknown'}</td><td>${badge(owner.status === 'present' ? 'at work' : owner.status === 'orphan' ? 'process gone' : 'unknown')}</td><td>${owner.package_version ?? 'unknown'}</td></tr>`,
  )}</tbody></table></div>`;
}
