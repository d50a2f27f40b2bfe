import { stderr } from '../output/standard.js';
import { setDrawn } from './aside.js';
import { forTerminal } from './color.js';
import { screenOf } from './screen.js';
import { cutEnd } from './width.js';

/** A terminal that was stopped (Ctrl-S) costs frames: the next one shows all. */
const MOST_WAITING = 4 * 1024;

/**
 * A few lines at the end of what a terminal shows, on stderr, drawn again in
 * place. They have no colours, hide no cursor and leave nothing behind: a
 * process that is killed leaves the terminal as it should be.
 */
export class LiveLines {
  #lines: readonly string[] = [];
  #height = 0;

  draw(lines: readonly string[]): void {
    this.#lines = lines;
    if (stderr().waiting > MOST_WAITING) return;
    const { columns } = screenOf(process.stderr);
    const shown = lines.map((line) => forTerminal(cutEnd(line, columns - 1)));
    stderr().write(`${this.#erasure()}${shown.join('\n')}`);
    this.#height = shown.length;
    setDrawn(this);
  }

  /** Takes the lines off the screen. */
  clear(): void {
    if (this.#height > 0) stderr().write(this.#erasure());
    this.#height = 0;
    setDrawn(undefined);
  }

  /** Writes above the lines. */
  aside(write: () => void): void {
    const lines = this.#lines;
    this.clear();
    write();
    this.draw(lines);
  }

  /** From where the cursor is, behind the last line, back to the first one. */
  #erasure(): string {
    const up = this.#height > 1 ? `\u001b[${this.#height - 1}A` : '';
    return this.#height === 0 ? '' : `\r${up}\u001b[J`;
  }
}
