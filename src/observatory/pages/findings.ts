import type { StatusDocument } from '../../app/status.js';
import type { Finding } from '../../reports/finding.js';
import { nextStep } from '../../reports/next-step.js';
import { type Html, html, nothing } from '../html.js';
import type { PageContext } from '../page.js';
import { badge, number, sentence } from '../words.js';

const WEIGHT: Readonly<Record<Finding['status'], string>> = {
  problem: 'problem',
  warning: 'warning',
  notice: 'note',
};

/** More findings than these are behind a click: the charts are below them. */
const MOST_FINDINGS = 6;

/** What to do next, in one line. */
export function nextLine(document: StatusDocument): Html {
  const step = nextStep(document);
  if (step.kind === 'nothing') return html`<p class="next">Nothing to do.</p>`;
  const { finding } = step;
  if (step.kind === 'wait') return html`<p class="next">Nothing to do: ${finding.message}.</p>`;
  return html`<p class="next"><strong>Next:</strong> ${remedy(finding)}</p>`;
}

/** Everything that needs attention or is worth knowing, most pressing first. `names` are the targets to lead to. */
export function findingList(
  at: Pick<PageContext, 'link'>,
  findings: readonly Finding[],
  names: ReadonlyMap<number, string> = new Map(),
): Html {
  if (findings.length === 0) return nothing;
  const list = (some: readonly Finding[]): Html =>
    html`<ul class="findings">${some.map((finding) => item(at, finding, names))}</ul>`;
  const rest = findings.slice(MOST_FINDINGS);
  return html`${list(findings.slice(0, MOST_FINDINGS))}
${rest.length === 0 ? nothing : html`<details><summary>${number(rest.length)} more</summary>${list(rest)}</details>`}`;
}

function item(
  { link }: Pick<PageContext, 'link'>,
  finding: Finding,
  names: ReadonlyMap<number, string>,
): Html {
  const { status, message } = finding;
  return html`<li class="${status}">${badge(WEIGHT[status])} <span>${sentence(message)}</span> ${where(link, finding, names)} ${remedy(finding)}</li>`;
}

const PAGE_OF: Readonly<Record<string, string>> = {
  conflicts: 'conflicts',
  edges: 'edges',
  edge_gaps: 'edges',
};

/** The page of what a finding is about. */
function where(
  link: PageContext['link'],
  { target_id: target, queue, check }: Finding,
  names: ReadonlyMap<number, string>,
): Html {
  const called = target === null ? undefined : names.get(target);
  if (called !== undefined)
    return html`<a href="${link('target', { id: target ?? undefined })}">${called}</a>`;
  if (queue !== null) return html`<a href="${link('jobs', { queue })}">queue ${queue}</a>`;
  const page = PAGE_OF[check];
  return page === undefined ? nothing : html`<a href="${link(page)}">${page}</a>`;
}

function remedy({ command, advice, message }: Finding): Html {
  if (command !== null)
    return html`<code class="command" dir="ltr" title="${command}">${command}</code>`;
  return advice === null || message.includes(advice)
    ? nothing
    : html`<span>→ ${sentence(advice)}</span>`;
}

/** Numbers side by side. */
export const tiles = (entries: readonly (readonly [label: string, value: Html | number])[]): Html =>
  html`<dl class="tiles">${entries.map(
    ([label, value]) =>
      html`<div><dt>${label}</dt><dd>${typeof value === 'number' ? number(value) : value}</dd></div>`,
  )}</dl>`;

/** Why a part of the home cannot be shown. */
export const unreadable = (what: string, error: string): Html =>
  html`<p class="trouble" role="alert">${badge('problem')} ${what} cannot be read: ${sentence(error)}</p>`;
