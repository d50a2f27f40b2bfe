import { grouped } from '../base/grouped.js';
import { shortDuration } from '../reports/running-drain.js';
import { LiveLines } from './live-lines.js';
import type { Output } from './output.js';
import { cutEnd, padded, widthOf } from './width.js';

export interface Progress {
  update(done: number, details?: string): void;
  stop(): void;
}

const SILENT: Progress = { update: () => undefined, stop: () => undefined };
/** Progress that flashes by helps nobody. */
const SHOW_AFTER_MS = 400;
const BETWEEN_FRAMES_MS = 100;

/** One line on stderr while somebody watches, with rate and, where `total` is known, the time left. */
export function startProgress(output: Output, verb: string, total?: number): Progress {
  const group = startProgresses(output, []);
  const one = group.row((done, rate) =>
    total === undefined ? `${verb} ${number(done)}` : `${verb} ${of(done, total, rate)}`,
  );
  return { update: one.update, stop: group.stop };
}

const number = (n: number): string => grouped(Math.round(n));

/** `1,200 of 5,000 · 9 s left` */
function of(done: number, total: number, rate: number): string {
  const left = Math.max(0, total - done);
  const time = rate === 0 || left === 0 ? '' : ` · ${shortDuration(left / rate)} left`;
  return `${number(done)} of ${number(total)}${time}`;
}

/** Several pieces of work that go on side by side, one line for each. */
export interface Progresses {
  /** The line of the work of this name; its total is not known. */
  of(name: string): Progress;
  /** A line of its own wording. */
  row(words: Words): Progress;
  stop(): void;
}

/** What a line says of so much that is done, at so many a second. */
type Words = (done: number, rate: number) => string;

const WIDEST_NAME = 30;

/** The same as `startProgress` for several; `names` are lined up. */
export function startProgresses(output: Output, names: readonly string[]): Progresses {
  if (!output.isInteractive) return { of: () => SILENT, row: () => SILENT, stop: () => undefined };
  const width = Math.min(WIDEST_NAME, Math.max(0, ...names.map(widthOf)));
  const frames = new Frames();
  const row = (words: Words): Progress => frames.row(words);
  return {
    of: (name) => {
      const shown = padded(cutEnd(name, width), width);
      return row((done) => `${shown}  sent ${number(done)}`);
    },
    row,
    stop: () => frames.stop(),
  };
}

/** Draws the rows no more often than somebody can see. */
class Frames {
  readonly #startedAt = performance.now();
  readonly #live = new LiveLines();
  readonly #rows: string[] = [];
  #drawnAt = 0;
  #isStopped = false;

  row(words: Words): Progress {
    const at = this.#rows.push('') - 1;
    return {
      update: (done, details = '') => {
        const elapsed = performance.now() - this.#startedAt;
        const rate = (done * 1000) / elapsed;
        const more = details === '' ? '' : ` · ${details}`;
        this.#rows[at] = `${words(done, rate)} · ${number(rate)}/s${more}`;
        if (elapsed >= SHOW_AFTER_MS) this.#draw();
      },
      stop: () => undefined,
    };
  }

  #draw(): void {
    const now = performance.now();
    if (this.#isStopped || now - this.#drawnAt < BETWEEN_FRAMES_MS) return;
    this.#drawnAt = now;
    this.#live.draw(this.#rows.filter((line) => line !== ''));
  }

  stop(): void {
    this.#isStopped = true;
    this.#live.clear();
  }
}
