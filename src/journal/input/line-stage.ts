import { isJsonSpace, NEWLINE } from '../../json/ascii.js';
import { PendingEvent } from './pending-event.js';
import type { InputContext, Stage } from './stage.js';

const NOTHING = Buffer.alloc(0);

/**
 * JSON Lines: each line without its surrounding whitespace is one candidate,
 * blank lines are skipped, the last line needs no newline (SPEC section 4).
 */
export class LineStage implements Stage {
  /** The current line, from its first byte that is not blank. */
  private readonly pending: PendingEvent;

  constructor(
    context: InputContext,
    public line: number,
  ) {
    this.pending = new PendingEvent(context);
  }

  get buffered(): number {
    return this.pending.buffered;
  }

  push(bytes: Buffer): undefined {
    let from = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
      this.pending.complete(bytes, this.afterBlanks(bytes, from, end), end, this.line);
      this.line += 1;
      from = end + 1;
    }
    this.pending.add(bytes, this.afterBlanks(bytes, from, bytes.length), bytes.length);
  }

  end(): undefined {
    this.pending.complete(NOTHING, 0, 0, this.line);
  }

  /** Blanks are skipped only where the line begins. */
  private afterBlanks(bytes: Buffer, from: number, to: number): number {
    let at = from;
    if (this.pending.size === 0) while (at < to && isJsonSpace(bytes[at])) at += 1;
    return at;
  }
}
