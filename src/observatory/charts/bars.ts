import { type Html, html } from '../html.js';
import { clock, clockText, duration, number } from '../words.js';

/** One kind of thing that is counted. */
export interface Series {
  readonly name: string;
  /** Its colour and pattern, by the style sheet. */
  readonly look: string;
  /** One number for each stretch of time. */
  readonly values: readonly number[];
}

export interface BarChart {
  /** One sentence: what the chart shows. */
  readonly caption: string;
  readonly series: readonly Series[];
  /** Epoch milliseconds; one more than there are values. */
  readonly edges: readonly number[];
}

const HEIGHT = 100;
const GAP = 0.15;

/**
 * Stacked bars over time, as SVG, with their numbers as a table behind a click.
 * The drawing is stretched to the room it has; words stand around it, not in it.
 */
export function barChart({ caption, series, edges }: BarChart): Html {
  const starts = edges.slice(0, -1);
  const sums = starts.map((_, i) => series.reduce((sum, { values }) => sum + (values[i] ?? 0), 0));
  const most = Math.max(...sums);
  if (most === 0) return html`<figure class="chart"><figcaption>${caption}</figcaption></figure>`;
  const bars = starts.map((start, i) => stack(series, i, most, start));
  return html`<figure class="chart">
<figcaption>${caption}</figcaption>
${series.length > 1 ? legend(series) : ''}
<div class="plot">
<span class="top-value">${number(most)} in ${duration((edges[1] ?? 0) - (edges[0] ?? 0))}</span>
<svg viewBox="0 0 ${starts.length} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${caption}">
<path class="grid" d="M0 0.5H${starts.length}M0 50H${starts.length}M0 99.5H${starts.length}"/>
${bars}
</svg>
${timeAxis(edges)}
</div>
${numbers(series, edges, sums)}
</figure>`;
}

/** The bars of one stretch of time, one upon the other. */
function stack(series: readonly Series[], i: number, most: number, start: number): Html {
  let top = HEIGHT;
  return html`${series.map(({ name, look, values }) => {
    const value = values[i] ?? 0;
    if (value === 0) return '';
    // What is there is seen, however small it is beside the highest.
    const height = Math.max((value / most) * HEIGHT, 1.5);
    top -= height;
    return html`<rect class="${look}" x="${(i + GAP / 2).toFixed(3)}" y="${Math.max(top, 0).toFixed(2)}" width="${1 - GAP}" height="${height.toFixed(2)}"><title>${clockText(start)}: ${number(value)} ${name}</title></rect>`;
  })}`;
}

export const legend = (series: readonly Pick<Series, 'name' | 'look'>[]): Html =>
  html`<ul class="legend">${series.map(
    ({ name, look }) =>
      html`<li><svg viewBox="0 0 10 10" width="10" height="10" aria-hidden="true"><rect class="${look}" width="10" height="10"/></svg>${name}</li>`,
  )}</ul>`;

/** When the chart begins and ends. */
export function timeAxis(edges: readonly number[]): Html {
  const middle = edges[Math.floor(edges.length / 2)] ?? 0;
  return html`<div class="axis"><span>${clock(edges[0] ?? 0)}</span><span>${clock(middle)}</span><span>${clock(edges.at(-1) ?? 0)}</span></div>`;
}

/** Stretches in which there was nothing are left out. */
function numbers(
  series: readonly Series[],
  edges: readonly number[],
  sums: readonly number[],
): Html {
  const rows = sums.flatMap((sum, i) => (sum === 0 ? [] : [i]));
  return html`<details><summary>Numbers</summary><div class="scroll"><table>
<thead><tr><th scope="col">From</th>${series.map(({ name }) => html`<th scope="col" class="n">${name}</th>`)}</tr></thead>
<tbody>${rows.map(
    (i) =>
      html`<tr><th scope="row">${clock(edges[i] ?? 0)}</th>${series.map(({ values }) => html`<td class="n">${number(values[i] ?? 0)}</td>`)}</tr>`,
  )}</tbody>
</table></div></details>`;
}
