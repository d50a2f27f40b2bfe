import type { MultiBar, SingleBar } from 'cli-progress';
import { stderr } from '../output/standard.js';
import type { Output } from './output.js';
import { TerminalStream } from './terminal-stream.js';

export interface Progress {
  update(done: number, details?: string): void;
  stop(): void;
}

const SILENT: Progress = { update: () => undefined, stop: () => undefined };
/** Also where a terminal that was stopped lost the one of the bar. */
const SHOW_CURSOR = '\u001b[?25h';
/** A bar that flashes by helps nobody. */
const SHOW_AFTER_MS = 400;

/** A bar on stderr while somebody watches, with rate and, where `total` is known, the time left. */
export function startProgress(output: Output, verb: string, total?: number): Progress {
  if (!output.isInteractive) return SILENT;
  const startedAt = performance.now();
  let bar: Promise<Progress> | undefined;
  let stopped = false;
  return {
    update(done, details = '') {
      if (stopped || performance.now() - startedAt < SHOW_AFTER_MS) return;
      bar ??= openBar(verb, total, startedAt);
      void bar.then((open) => {
        if (!stopped) open.update(done, details);
      });
    },
    stop() {
      stopped = true;
      void bar?.then((open) => open.stop());
    },
  };
}

async function openBar(
  verb: string,
  total: number | undefined,
  startedAt: number,
): Promise<Progress> {
  const { default: cliProgress } = await import('cli-progress');
  const left = total === undefined ? '' : ' / {total} · {eta_formatted} left';
  const bar = new cliProgress.SingleBar({
    format: `${verb} {value}${left} · {rate}/s {details}`,
    stream: new TerminalStream(),
    clearOnComplete: true,
    hideCursor: true,
  });
  bar.start(total ?? 0, 0, { rate: '0', details: '' });
  return {
    update(done, details = '') {
      const rate = Math.round((done * 1000) / (performance.now() - startedAt));
      bar.update(done, { rate: rate.toLocaleString('en'), details });
    },
    stop() {
      bar.stop();
      stderr().write(SHOW_CURSOR);
    },
  };
}

/** Bars of several pieces of work, one line for each. */
export interface Progresses {
  of(name: string): Progress;
  stop(): void;
}

/** The same as `startProgress` for work that goes on side by side; totals are not known. */
export function startProgresses(output: Output, names: readonly string[]): Progresses {
  if (!output.isInteractive) return { of: () => SILENT, stop: () => undefined };
  const startedAt = performance.now();
  const width = Math.min(30, Math.max(...names.map((name) => name.length)));
  let bars: Promise<MultiBar> | undefined;
  const of = (name: string): Progress => {
    let bar: Promise<SingleBar> | undefined;
    const row = { name: name.slice(0, width).padEnd(width), rate: '0', details: '' };
    return {
      update(done, details = '') {
        if (performance.now() - startedAt < SHOW_AFTER_MS) return;
        bars ??= openBars();
        bar ??= bars.then((open) => open.create(0, 0, row));
        const rate = Math.round((done * 1000) / (performance.now() - startedAt));
        void bar.then((one) => one.update(done, { rate: rate.toLocaleString('en'), details }));
      },
      stop: () => undefined,
    };
  };
  return {
    of,
    stop() {
      void bars?.then((open) => {
        open.stop();
        stderr().write(SHOW_CURSOR);
      });
    },
  };
}

async function openBars(): Promise<MultiBar> {
  const { default: cliProgress } = await import('cli-progress');
  return new cliProgress.MultiBar({
    format: '{name} sent {value} · {rate}/s {details}',
    stream: new TerminalStream(),
    clearOnComplete: true,
    hideCursor: true,
  });
}
