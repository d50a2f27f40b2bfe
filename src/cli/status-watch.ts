import type { App } from '../app/app.js';
import { reportStatus, type StatusReport } from '../app/status.js';
import { EXIT } from '../base/exit-codes.js';
import { stdout } from '../output/standard.js';
import { color } from './color.js';
import { onInterrupt } from './job-control.js';
import { LiveScreen } from './live-screen.js';
import type { Output } from './output.js';
import { screenOf } from './screen.js';
import { onEachChange } from './watching.js';

/** Shown times grow old. */
const REFRESH_MS = 5_000;

/**
 * The status again after each change. On a terminal it takes the place of the
 * one before; a pipe gets one block for each, with an empty line behind it, and
 * with `--json` one document a line.
 */
export function watchStatus(
  app: App,
  output: Output,
  text: (report: StatusReport) => string,
): Promise<number> {
  return screenOf().isTerminal && !output.json
    ? onScreen(app, text)
    : inPipe(app, output, (report) => (output.json ? report.document : `${text(report)}\n`));
}

async function onScreen(app: App, text: (report: StatusReport) => string): Promise<number> {
  let isResized = false;
  const screen = new LiveScreen(
    () => undefined,
    () => {
      isResized = true;
    },
  );
  screen.open();
  try {
    const { signal } = screen;
    const watching = { signal, refreshMs: REFRESH_MS, isAsked: () => isResized };
    await onEachChange(app, watching, async () => {
      isResized = false;
      screen.draw(framed(text(await reportStatus(app)).split('\n'), screenOf().rows));
      return true;
    });
  } finally {
    screen.close();
  }
  return screen.exitCode;
}

/** The keys stand on the last line, whatever does not fit above it. */
function framed(lines: readonly string[], rows: number): string[] {
  const room = Math.max(1, rows - 1);
  const more = lines.length - room;
  const shown = more > 0 ? [...lines.slice(0, room - 1), `… ${more + 1} more lines`] : [...lines];
  while (shown.length < room) shown.push('');
  return [...shown, color.dim('q quits')];
}

async function inPipe(
  app: App,
  output: Output,
  blockOf: (report: StatusReport) => object | string,
): Promise<number> {
  const interrupt = onInterrupt(output);
  let last: string | undefined;
  try {
    await onEachChange(app, { signal: interrupt.signal }, async () => {
      const block = blockOf(await reportStatus(app));
      const shown = JSON.stringify(block);
      // What changed may be nothing that status shows.
      if (shown !== last) {
        if (typeof block === 'string') output.line(block);
        else output.jsonLines([block]);
      }
      last = shown;
      await stdout().settled();
      return stdout().brokenBy === undefined;
    });
  } finally {
    interrupt.done();
  }
  return interrupt.exitCode() ?? EXIT.done;
}
