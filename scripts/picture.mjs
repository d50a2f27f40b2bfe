// Draws docs/pictures/demo.svg: a terminal with what a real run of `redrain demo` says. Light or
// dark as its reader prefers; text in a font that every machine has. Needs `node scripts/bundle.mjs`.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Pixels: a line, a character at most, the border, the bar of the window. */
const LINE = 19;
const CHARACTER = 8.7;
const BORDER = 22;
const BAR = 36;

const STYLE = `
  text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #24292f; white-space: pre; }
  .window { fill: #f6f8fa; stroke: #d0d7de; }
  .button { fill: #d0d7de; }
  .said, .title { fill: #59636e; }
  .prompt { fill: #59636e; }
  .command { fill: #0550ae; font-weight: 600; }
  .good { fill: #116329; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .window { fill: #0d1117; stroke: #3d444d; }
    .button { fill: #3d444d; }
    .said, .title, .prompt { fill: #9198a1; }
    .command { fill: #79c0ff; }
    .good { fill: #56d364; }
  }
`;

/** What of a run is drawn: its remarks, its commands, and the first line of every answer. */
export function drawnLines(run) {
  const lines = run.trim().split('\n');
  const isDrawn = (line, index) =>
    line === '' ? startsPart(lines[index + 1]) : !isHint(lines, index);
  return lines.filter(isDrawn);
}

const startsPart = (line) => !line.startsWith('$');

/** `targets add` says what may be typed next; here the next command stands there anyway. */
function isHint(lines, index) {
  const start = lines.lastIndexOf('', index) + 1;
  return lines[start].startsWith('$ redrain targets add') && index > start + 1;
}

function drawn(line, index) {
  const y = BAR + BORDER + index * LINE;
  return line === '' ? '' : `<text x="${BORDER}" y="${y}">${spans(line)}</text>`;
}

function spans(line) {
  if (line.startsWith('$ '))
    return `<tspan class="prompt">$ </tspan><tspan class="command">${escaped(line.slice(2))}</tspan>`;
  if (line.startsWith('# ')) return `<tspan class="said">${escaped(line)}</tspan>`;
  if (/^OK|^B has|^The journal has/.test(line))
    return `<tspan class="good">${escaped(line)}</tspan>`;
  return escaped(line);
}

const escaped = (text) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

export function picture(run) {
  const lines = drawnLines(run);
  const width = Math.ceil(Math.max(...lines.map(({ length }) => length)) * CHARACTER + 2 * BORDER);
  const height = BAR + 2 * BORDER + (lines.length - 1) * LINE;
  const buttons = [0, 1, 2].map(
    (n) => `<circle class="button" cx="${BORDER + 4 + n * 18}" cy="20" r="5.5"/>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title">
<title id="title">A terminal with a run of redrain demo</title>
<style>${STYLE}</style>
<rect class="window" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="9"/>
${buttons.join('')}
<text class="title" text-anchor="middle" x="${width / 2}" y="25">redrain demo</text>
${lines.map(drawn).filter(Boolean).join('\n')}
</svg>
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const env = { PATH: process.env.PATH, HOME: tmpdir(), NO_COLOR: '1' };
  const options = { cwd: tmpdir(), env, encoding: 'utf8' };
  const run = execFileSync(process.execPath, [join(root, 'lib', 'cli.cjs'), 'demo'], options);
  writeFileSync(join(root, 'docs', 'pictures', 'demo.svg'), picture(run));
}
