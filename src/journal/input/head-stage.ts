import { isJsonSpace, OPEN_BRACE, OPEN_BRACKET } from '../../json/ascii.js';
import { ItemStage } from './item-stage.js';
import { LinePosition } from './line-position.js';
import { LineStage } from './line-stage.js';
import { OpeningStage } from './opening-stage.js';
import type { Handover, InputContext, Stage } from './stage.js';

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** The beginning of an input: skips a byte order mark and blanks; the first other byte names the format. */
export class HeadStage implements Stage {
  private readonly position = new LinePosition();
  /** Bytes that may yet turn out to be a byte order mark; undefined once that is settled. */
  private mark: Buffer | undefined = Buffer.alloc(0);

  constructor(private readonly context: InputContext) {}

  get buffered(): number {
    return this.mark?.length ?? 0;
  }

  get line(): number {
    return this.position.line;
  }

  push(bytes: Buffer): Handover | undefined {
    const text = this.withoutMark(bytes);
    let at = 0;
    while (isJsonSpace(text[at])) at += 1;
    this.position.advance(text, 0, at);
    return at < text.length ? this.handOver(text.subarray(at)) : undefined;
  }

  end(): Handover | undefined {
    const { mark } = this;
    return mark === undefined || mark.length === 0 ? undefined : this.handOver(mark);
  }

  private withoutMark(bytes: Buffer): Buffer {
    if (this.mark === undefined) return bytes;
    const head = Buffer.concat([this.mark, bytes]);
    const start = head.subarray(0, BYTE_ORDER_MARK.length);
    const isMark = start.equals(BYTE_ORDER_MARK.subarray(0, start.length));
    const isOpen = isMark && start.length < BYTE_ORDER_MARK.length;
    this.mark = isOpen ? head : undefined;
    if (isOpen) return Buffer.alloc(0);
    return isMark ? head.subarray(BYTE_ORDER_MARK.length) : head;
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
