import { Writable } from 'node:stream';
import { isatty } from 'node:tty';
import { stderr } from '../output/standard.js';

/** Frames that a terminal which stopped will never need: the next one shows all. */
const MOST_WAITING = 4 * 1024;

/**
 * stderr as the stream of a library that draws or asks on a terminal. A
 * terminal that was stopped (Ctrl-S) costs what would have been drawn: the
 * stream of Node would wait for it inside a system call.
 */
export class TerminalStream extends Writable {
  readonly isTTY = isatty(2);

  get columns(): number {
    return process.stderr.columns ?? 80;
  }

  get rows(): number {
    return process.stderr.rows ?? 24;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    const outlet = stderr();
    if (outlet.waiting < MOST_WAITING) outlet.write(chunk);
    done();
  }
}
