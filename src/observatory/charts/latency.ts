import type { PostBucket } from '../../reports/post-series.js';
import { type Html, html, nothing } from '../html.js';
import { clock, duration } from '../words.js';
import { legend, timeAxis } from './bars.js';

const HEIGHT = 100;

/** The one on top comes last: where both are the same, it is the one that is seen. */
const LINES = [
  ['p95', '95 of 100 took at most this', 'line-b'],
  ['median', 'half of the posts took at most this', 'line-a'],
] as const;

/** How long answers took over time: two lines, with their numbers as a table behind a click. */
export function latencyChart(buckets: readonly PostBucket[], edges: readonly number[]): Html {
  const caption = 'Time to the answer';
  const times = buckets.flatMap(({ p95 }) => p95 ?? []);
  if (times.length === 0) return nothing;
  const most = Math.max(...times, 1);
  return html`<figure class="chart">
<figcaption>${caption}</figcaption>
${legend(LINES.map(([, name, look]) => ({ name, look })).reverse())}
<div class="plot">
<span class="top-value">${duration(most)}</span>
<svg viewBox="0 0 ${buckets.length} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${caption}">
<path class="grid" d="M0 0.5H${buckets.length}M0 50H${buckets.length}M0 99.5H${buckets.length}"/>
${LINES.map(([key, , look]) => line(buckets, key, look, most))}
</svg>
${timeAxis(edges)}
</div>
${numbers(buckets)}
</figure>`;
}

/** A line over the stretches that have posts; one that stands alone is a short dash. */
function line(
  buckets: readonly PostBucket[],
  key: 'median' | 'p95',
  look: string,
  most: number,
): Html {
  const points = buckets.flatMap((bucket, i) => {
    const value = bucket[key];
    return value === null ? [] : [[i, HEIGHT - (value / most) * (HEIGHT - 2) - 1] as const];
  });
  const path = points
    .map(
      ([x, y], i) => `${i === 0 ? 'M' : 'L'}${x + 0.2} ${y.toFixed(2)}L${x + 0.8} ${y.toFixed(2)}`,
    )
    .join('');
  return html`<path class="line ${look}" d="${path}"/>`;
}

function numbers(buckets: readonly PostBucket[]): Html {
  const rows = buckets.filter(({ median }) => median !== null);
  return html`<details><summary>Numbers</summary><div class="scroll"><table>
<thead><tr><th scope="col">From</th><th scope="col" class="n">Half</th><th scope="col" class="n">95 of 100</th><th scope="col" class="n">Slowest</th></tr></thead>
<tbody>${rows.map(
    ({ from, median, p95, slowest }) =>
      html`<tr><th scope="row">${clock(from)}</th>${[median, p95, slowest].map((ms) => html`<td class="n">${duration(ms ?? 0)}</td>`)}</tr>`,
  )}</tbody>
</table></div></details>`;
}
