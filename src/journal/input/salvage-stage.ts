import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  isJsonSpace,
  NEWLINE,
  OPEN_BRACE,
} from '../../json/ascii.js';
import { LinePosition } from './line-position.js';
import type { Handover, Stage } from './stage.js';

/**
 * Behind the start of an item whose end is missing: looks for the next line, no
 * further indented than the broken item, that starts an object (`{`, or `}, {`),
 * and hands over there. A deeper one belongs to the broken item and is not an event.
 */
export class SalvageStage implements Stage {
  readonly buffered = 0;
  private indent = 0;
  private state: 'skip-line' | 'indent' | 'closers' = 'skip-line';

  constructor(
    /** The line on which the broken item starts. */
    public line: number,
    private readonly deepestIndent: number,
    private readonly resume: (position: LinePosition) => Stage,
  ) {}

  push(bytes: Buffer): Handover | undefined {
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at];
      if (byte === NEWLINE) {
        this.nextLine();
      } else if (this.state !== 'skip-line' && this.startsObject(byte)) {
        const next = this.resume(new LinePosition(this.line, this.indent));
        return { next, rest: bytes.subarray(at) };
      }
    }
    return undefined;
  }

  end(): undefined {}

  private nextLine(): void {
    this.line += 1;
    this.indent = 0;
    this.state = 'indent';
  }

  private startsObject(byte: number | undefined): boolean {
    if (isJsonSpace(byte)) {
      if (this.state === 'indent') this.indent += 1;
    } else if (this.state === 'indent' && this.indent > this.deepestIndent) {
      this.state = 'skip-line';
    } else if (byte === OPEN_BRACE) {
      return true;
    } else {
      this.state = isCloser(byte) ? 'closers' : 'skip-line';
    }
    return false;
  }
}

function isCloser(byte: number | undefined): boolean {
  return byte === CLOSE_BRACE || byte === CLOSE_BRACKET || byte === COMMA;
}
