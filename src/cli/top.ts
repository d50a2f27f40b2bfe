import type { App } from '../app/app.js';
import type { StatusReport } from '../app/status.js';
import { readTop, type TopReport } from '../app/top.js';
import { EXIT } from '../base/exit-codes.js';
import { color } from './color.js';
import { type CommandBody, type DefineCommand, example, withApp } from './command.js';
import { fold } from './fold.js';
import { LiveScreen } from './live-screen.js';
import { Output } from './output.js';
import { type Screen, screenOf } from './screen.js';
import { findingText, nextLines } from './status-text.js';
import { topHead, topLines, topTime } from './top-text.js';
import { onEachChange } from './watching.js';
import { cutEnd, padded, widthOf } from './width.js';

/** `redrain top`: everything that works, live. */
export const define: DefineCommand = (command, run) => {
  command
    .description(
      'Show every target, worker and queue, live, with what is wrong. Where stdout is not a terminal: once. Changes nothing.',
    )
    .addHelpText('after', example('redrain top'))
    .action(run(top));
};

const top: CommandBody = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const screen = screenOf();
    if (screen.isTerminal && !output.json) return live(app);
    const { top: report, status } = await readTop(app);
    output.result(report, () => snapshot(report, status, screen));
    return EXIT.done;
  });

/** The same as the live view, whole and once. */
function snapshot(report: TopReport, status: StatusReport, screen: Screen): string {
  const body = topLines(report, screen);
  return [
    `${report.home}, ${topTime(report, screen)}`,
    topHead(report),
    '',
    ...(body.length === 0 ? [] : [...body, '']),
    ...pressing(status, screen),
  ].join('\n');
}

/** What needs somebody, most pressing first, and the next step. */
function pressing(status: StatusReport, screen: Screen): string[] {
  const findings = status.findings.filter(({ status: weight }) => weight !== 'notice');
  const lines = [...findings.map(findingText), ...nextLines(status)];
  return lines.flatMap((line) => fold(line, screen.columns, () => 9).split('\n'));
}

const REFRESH_MS = 1_000;
/** What needs somebody never takes more than this part of the screen from what works. */
const PART_FOR_FINDINGS = 3;

interface Look {
  readonly report: TopReport;
  readonly status: StatusReport;
}

const UP = '\u001b[A';
const DOWN = '\u001b[B';

async function live(app: App): Promise<number> {
  let look: Look | undefined;
  let offset = 0;
  let isPaused = false;
  const draw = (): void => {
    if (look === undefined) return;
    const frame = frameOf(look, screenOf(), { offset, isPaused });
    offset = frame.offset;
    screen.draw(frame.lines);
  };
  const screen = new LiveScreen((key) => {
    if (key === ' ') isPaused = !isPaused;
    else offset = Math.max(0, offset + (STEPS[key] ?? 0));
    draw();
  }, draw);
  screen.open();
  try {
    const watching = { signal: screen.signal, refreshMs: REFRESH_MS };
    await onEachChange(app, watching, async () => {
      if (!isPaused) {
        const { top: report, status } = await readTop(app);
        look = { report, status };
      }
      draw();
      return true;
    });
  } finally {
    screen.close();
  }
  return screen.exitCode;
}

const STEPS: Readonly<Record<string, number>> = { [UP]: -1, [DOWN]: 1, k: -1, j: 1 };

interface View {
  /** Lines of the tables above the screen. */
  readonly offset: number;
  readonly isPaused: boolean;
}

/** One screen of lines; what does not fit can be scrolled to. */
function frameOf(
  { report, status }: Look,
  screen: Screen,
  { offset, isPaused }: View,
): { readonly lines: string[]; readonly offset: number } {
  const { columns, rows } = screen;
  const title = `redrain top · ${report.home}`;
  const time = isPaused ? 'paused' : topTime(report, screen);
  const room = Math.max(0, columns - widthOf(time) - 1);
  const head = [
    color.bold(`${padded(cutEnd(title, room), room)} ${time}`),
    cutEnd(topHead(report), columns),
    '',
  ];
  const foot = ['', ...shortened(pressing(status, screen), Math.floor(rows / PART_FOR_FINDINGS))];
  const body = topLines(report, screen);
  const height = Math.max(1, rows - head.length - foot.length - 1);
  const start = Math.min(offset, Math.max(0, body.length - height));
  const shown = body.slice(start, start + height);
  while (shown.length < height) shown.push('');
  const keys = body.length > height ? `${more(start, body.length - height)} · ` : '';
  return {
    lines: [
      ...head,
      ...shown,
      ...foot,
      color.dim(cutEnd(`${keys}space pauses · q quits`, columns)),
    ],
    offset: start,
  };
}

const more = (above: number, most: number): string =>
  `↑ ↓ scroll, ${above} lines above, ${most - above} below`;

function shortened(lines: readonly string[], most: number): string[] {
  const room = Math.max(2, most);
  if (lines.length <= room) return [...lines];
  // The next step is the last line, and stays.
  const last = lines.at(-1) as string;
  return [
    ...lines.slice(0, room - 2),
    `… ${lines.length - room + 1} more: \`redrain status\``,
    last,
  ];
}
