import { CLOSE_BRACKET } from '../../json/ascii.js';
import { type ItemScanner, scannerFor } from './item-scanner.js';
import { isJsonPrefix } from './json-prefix.js';
import type { LinePosition } from './line-position.js';
import { LineStage } from './line-stage.js';
import { isPartOfMark, skipNoise } from './noise.js';
import { PendingEvent } from './pending-event.js';
import { SalvageStage } from './salvage-stage.js';
import type { Handover, InputContext, Stage } from './stage.js';

const NOTHING = Buffer.alloc(0);

/** After so many, what follows is read as lines: each break costs reading one event's limit again. */
const MAX_BREAKS = 100;

/** What the items belong to, and how often the end of one was missing. */
export interface ItemSequence {
  /** True between `[` and `]`; false for objects that simply follow each other. */
  readonly isArray: boolean;
  readonly breaks: number;
}

/**
 * The elements of a JSON array (entered behind its `[`), or pretty-printed
 * objects one after the other. Each is handed on as its exact bytes, sound or
 * not, and reading goes on behind it. Commas are taken as they come: a missing
 * or doubled one costs no event.
 */
export class ItemStage implements Stage {
  private readonly pending: PendingEvent;
  private item: ItemScanner | undefined;
  private startLine = 0;
  private startIndent = 0;
  /** The current item is over the limit, and sound as far as it was kept. */
  private tooLarge = false;
  /** Bytes between two items that may yet turn out to be a byte order mark. */
  private mark: Buffer = NOTHING;

  constructor(
    private readonly context: InputContext,
    private readonly position: LinePosition,
    private readonly sequence: ItemSequence,
  ) {
    this.pending = new PendingEvent(context);
  }

  get buffered(): number {
    return this.pending.buffered + this.mark.length;
  }

  get line(): number {
    return this.position.line;
  }

  push(given: Buffer): Handover | undefined {
    const bytes = this.mark.length > 0 ? Buffer.concat([this.mark, given]) : given;
    this.mark = NOTHING;
    let at = 0;
    while (at < bytes.length) {
      if (this.item === undefined) at = this.skipGap(bytes, at);
      if (at === bytes.length || this.keepsMark(bytes, at)) return undefined;
      if (this.item === undefined && this.closesHere(bytes, at)) return this.close(bytes, at);
      this.item ??= this.begin(bytes[at]);
      const end = this.item.scan(bytes, at);
      const to = end < 0 ? bytes.length : end;
      if (this.isBroken(this.item, bytes, at, to)) return this.salvage(bytes.subarray(at));
      this.take(bytes, at, to, end >= 0);
      at = to;
    }
    return undefined;
  }

  end(): Handover | undefined {
    if (this.mark.length > 0) this.endMark();
    if (this.item?.isContainer && !this.tooLarge) return this.salvage(NOTHING);
    if (this.item !== undefined) this.take(NOTHING, 0, 0, true);
    if (this.sequence.isArray && this.sequence.breaks === 0) {
      const problem = 'the JSON array is never closed: the input may have been cut off';
      this.context.out.addProblem(this.line, problem);
    }
    return undefined;
  }

  private skipGap(bytes: Buffer, from: number): number {
    const at = skipNoise(bytes, from, bytes.length);
    this.position.advance(bytes, from, at);
    return at;
  }

  private keepsMark(bytes: Buffer, at: number): boolean {
    const keeps = this.item === undefined && isPartOfMark(bytes, at);
    if (keeps) this.mark = Buffer.from(bytes.subarray(at));
    return keeps;
  }

  /** It was none: an item of its own. */
  private endMark(): void {
    this.item = this.begin(this.mark[0]);
    this.item.scan(this.mark, 0);
    this.take(this.mark, 0, this.mark.length, false);
    this.mark = NOTHING;
  }

  private closesHere(bytes: Buffer, at: number): boolean {
    return this.sequence.isArray && bytes[at] === CLOSE_BRACKET;
  }

  private close(bytes: Buffer, at: number): Handover {
    return { next: new LineStage(this.context, this.line), rest: bytes.subarray(at + 1) };
  }

  private begin(firstByte: number | undefined): ItemScanner {
    this.startLine = this.position.line;
    this.startIndent = this.position.indent;
    this.tooLarge = false;
    return scannerFor(firstByte);
  }

  /**
   * Asked once, when an object or array outgrows the limit: is it only large, or
   * is its end missing, so that it would swallow all that follows? Decided on
   * the first bytes up to the limit alone, whatever pieces they came in.
   */
  private isBroken(item: ItemScanner, bytes: Buffer, from: number, to: number): boolean {
    const room = this.context.maxEventBytes - this.pending.size;
    if (!item.isContainer || this.tooLarge || to - from <= room) return false;
    this.tooLarge = isJsonPrefix(
      Buffer.concat([this.pending.copy(), bytes.subarray(from, from + room)]),
    );
    return !this.tooLarge;
  }

  private take(bytes: Buffer, from: number, to: number, ends: boolean): void {
    this.position.advance(bytes, from, to);
    if (!ends) {
      this.pending.add(bytes, from, to);
      return;
    }
    this.pending.complete(bytes, from, to, this.startLine);
    this.item = undefined;
  }

  private salvage(rest: Buffer): Handover {
    const problem =
      'this event has no end: a bracket or quote is missing, or the input was cut off; ' +
      'reading goes on at the next line that starts an object';
    this.context.out.addProblem(this.startLine, problem);
    const next = new SalvageStage(this.startLine, this.startIndent, (at) => this.resume(at));
    return { next, rest: Buffer.concat([this.pending.copy(), rest]) };
  }

  private resume(position: LinePosition): Stage {
    const breaks = this.sequence.breaks + 1;
    return breaks > MAX_BREAKS
      ? new LineStage(this.context, position.line)
      : new ItemStage(this.context, position, { ...this.sequence, breaks });
  }
}
