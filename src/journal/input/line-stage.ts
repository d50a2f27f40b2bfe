import { NEWLINE } from '../../json/ascii.js';
import { LineCutter } from './line-cutter.js';
import type { InputContext, Stage } from './stage.js';

const NOTHING = Buffer.alloc(0);

/**
 * JSON Lines: what stands on each line is one candidate, or several objects in
 * a row; blank lines are skipped, the last line needs no newline.
 */
export class LineStage implements Stage {
  private readonly cutter: LineCutter;

  constructor(
    context: InputContext,
    public line: number,
  ) {
    this.cutter = new LineCutter(context);
  }

  get buffered(): number {
    return this.cutter.buffered;
  }

  push(bytes: Buffer): undefined {
    let from = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
      this.cutter.complete(bytes, from, end, this.line);
      this.line += 1;
      from = end + 1;
    }
    this.cutter.add(bytes, from, bytes.length, this.line);
  }

  end(): undefined {
    this.cutter.complete(NOTHING, 0, 0, this.line);
  }
}
