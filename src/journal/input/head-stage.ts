import { NEWLINE, OPEN_BRACE, OPEN_BRACKET } from '../../json/ascii.js';
import { ItemStage } from './item-stage.js';
import { LinePosition } from './line-position.js';
import { LineStage } from './line-stage.js';
import { isPartOfMark, LineNoise, skipNoise } from './noise.js';
import { OpeningStage } from './opening-stage.js';
import type { Handover, InputContext, Stage } from './stage.js';

/** The beginning of an input: skips byte order marks, blanks and noise; the first other byte names the format. */
export class HeadStage implements Stage {
  private readonly position = new LinePosition();
  private readonly noise = new LineNoise();
  /** Bytes that may yet turn out to be a byte order mark. */
  private mark = Buffer.alloc(0);

  constructor(private readonly context: InputContext) {}

  get buffered(): number {
    return this.mark.length;
  }

  get line(): number {
    return this.position.line;
  }

  push(bytes: Buffer): Handover | undefined {
    const text = this.mark.length > 0 ? Buffer.concat([this.mark, bytes]) : bytes;
    const at = this.skip(text);
    const isOpen = isPartOfMark(text, at);
    this.mark = isOpen ? Buffer.from(text.subarray(at)) : Buffer.alloc(0);
    return isOpen || at === text.length ? undefined : this.handOver(text.subarray(at));
  }

  end(): Handover | undefined {
    if (this.mark.length > 0) return this.handOver(this.mark);
    this.endLine();
    return undefined;
  }

  private skip(text: Buffer): number {
    const at = skipNoise(text, 0, text.length);
    let from = 0;
    for (let end = text.indexOf(NEWLINE); end >= 0 && end < at; end = text.indexOf(NEWLINE, from)) {
      this.noise.note(text, from, end);
      this.endLine();
      this.position.advance(text, from, end + 1);
      from = end + 1;
    }
    this.noise.note(text, from, at);
    this.position.advance(text, from, at);
    return at;
  }

  private endLine(): void {
    const nothing = this.noise.take();
    if (nothing !== undefined) this.context.out.addProblem(this.line, nothing);
  }

  private handOver(rest: Buffer): Handover {
    if (rest[0] === OPEN_BRACE)
      return { next: new OpeningStage(this.context, this.position), rest };
    if (rest[0] !== OPEN_BRACKET) return { next: new LineStage(this.context, this.line), rest };
    this.position.advance(rest, 0, 1);
    const next = new ItemStage(this.context, this.position, { isArray: true, breaks: 0 });
    return { next, rest: rest.subarray(1) };
  }
}
