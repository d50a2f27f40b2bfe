import type { TargetBalance } from '../../reports/target-terms.js';
import { type Html, html } from '../html.js';
import type { PageContext } from '../page.js';
import { number } from '../words.js';

/** One step of what becomes of events at a target. */
interface Step {
  readonly label: string;
  readonly events: number;
  readonly look: string;
  /** What the events of the step before that are not in this one are. */
  readonly aside: readonly (readonly [state: string, events: number])[];
}

const NEVER_SENT = [
  'held',
  'excluded',
  'coalesced',
  'replaced',
  'archived',
  'redacted',
  'purged',
] as const;
const FAILED = ['pending', 'rejected', 'transient', 'terminal'] as const;

/** Captured → due → sent → delivered: the sum of a target, told as steps. */
export function funnelSteps(sum: TargetBalance): Step[] {
  const of = (states: readonly (keyof TargetBalance)[]): [string, number][] =>
    states.map((state): [string, number] => [state, sum[state] as number]).filter(([, n]) => n > 0);
  const never = NEVER_SENT.reduce((events, state) => events + sum[state], 0);
  const due = sum.total - never;
  const sent = due - sum.unsent;
  return [
    { label: 'captured', events: sum.total, look: 'step-1', aside: [] },
    { label: 'due', events: due, look: 'step-2', aside: of(NEVER_SENT) },
    { label: 'sent', events: sent, look: 'step-3', aside: of(['unsent']) },
    { label: 'delivered', events: sum.delivered, look: 'step-4', aside: of(FAILED) },
  ];
}

/** The funnel of one target: a table whose bars are as long as its numbers. */
export function funnel(
  { link }: Pick<PageContext, 'link'>,
  target: string,
  sum: TargetBalance,
): Html {
  const most = Math.max(sum.total, 1);
  return html`<table class="funnel">
<caption class="hidden">What became of the events for this target</caption>
<thead class="hidden"><tr><th scope="col">Step</th><th scope="col">Events</th><th scope="col">Part</th><th scope="col">Not in this step</th></tr></thead>
<tbody>${funnelSteps(sum).map(
    ({ label, events, look, aside }) => html`<tr>
<th scope="row">${label}</th>
<td class="n">${number(events)}</td>
<td class="bar"><svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="10"/><rect class="${look}" width="${((events / most) * 100).toFixed(3)}" height="10"/></svg></td>
<td class="aside">${aside.map(
      ([state, n]) =>
        html`<a href="${link('events', { target, state })}">${number(n)} ${state}</a> `,
    )}</td>
</tr>`,
  )}</tbody>
</table>`;
}

/** What the parts of `funnelBar` are. */
export const MINI_LEGEND = [
  { name: 'delivered', look: 'step-4' },
  { name: 'sent', look: 'step-3' },
  { name: 'due', look: 'mini-due' },
  { name: 'never sent', look: 'track' },
] as const;

/** The same on one line, where there are many targets. */
export function funnelBar(sum: TargetBalance): Html {
  const most = Math.max(sum.total, 1);
  const [, due, sent, delivered] = funnelSteps(sum);
  const parts = [due, sent, delivered].map((step) => step ?? { look: '', events: 0 });
  return html`<svg class="mini" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="10"/>${parts.map(
    ({ look, events }) =>
      html`<rect class="${look}" width="${((events / most) * 100).toFixed(3)}" height="10"/>`,
  )}</svg>`;
}
