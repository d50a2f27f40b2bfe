import { NEWLINE, OPEN_BRACE } from '../../json/ascii.js';
import { faultOffset } from '../../json/canonical.js';
import { HeldBytes } from './held-bytes.js';
import { ItemStage } from './item-stage.js';
import { isJsonPrefix } from './json-prefix.js';
import { beginsWithObject } from './line-cutter.js';
import type { LinePosition } from './line-position.js';
import { LineStage } from './line-stage.js';
import type { Handover, InputContext, Stage } from './stage.js';

/**
 * Input that begins with `{`: one object over several lines, or JSON Lines? The
 * first line tells if it is JSON by itself (lines) or nothing but the brace
 * (pretty-printed). Otherwise the first line may also be damaged, and only the
 * whole can tell: it is held, at most as much as one event may be.
 */
export class OpeningStage implements Stage {
  private readonly held: HeldBytes;
  private isFirstLine = true;

  constructor(
    private readonly context: InputContext,
    private readonly position: LinePosition,
  ) {
    // One byte over the limit proves that the whole is over it.
    this.held = new HeldBytes(context.maxEventBytes + 1);
  }

  get buffered(): number {
    return this.held.kept;
  }

  get line(): number {
    return this.position.line;
  }

  push(bytes: Buffer): Handover | undefined {
    const taken = Math.min(bytes.length, this.context.maxEventBytes + 1 - this.held.total);
    const before = this.held.total;
    this.held.add(bytes, 0, taken);
    const stage = this.judgeFirstLine(bytes, before) ?? this.judgeSize();
    if (stage === undefined) return undefined;
    return { next: stage, rest: Buffer.concat([this.held.copy(), bytes.subarray(taken)]) };
  }

  end(): Handover | undefined {
    const whole = this.held.copy();
    if (this.isFirstLine || faultOffset(whole) !== undefined)
      return { next: this.asLines(), rest: whole };
    this.context.out.addEvent(whole.subarray(0, this.held.trimmed), this.line);
    this.held.clear();
    return undefined;
  }

  private judgeFirstLine(bytes: Buffer, before: number): Stage | undefined {
    if (!this.isFirstLine) return undefined;
    const newline = bytes.indexOf(NEWLINE);
    if (newline < 0 || before + newline >= this.held.total) return undefined;
    this.isFirstLine = false;
    const line = this.held.copy().subarray(0, before + newline);
    if (isBraceAlone(line)) return this.asObjects();
    const isLine = faultOffset(line) === undefined || beginsWithObject(line);
    return isLine ? this.asLines() : undefined;
  }

  private judgeSize(): Stage | undefined {
    const { maxEventBytes } = this.context;
    if (this.held.total <= maxEventBytes) return undefined;
    const isObject = !this.isFirstLine && isJsonPrefix(this.held.copy().subarray(0, maxEventBytes));
    return isObject ? this.asObjects() : this.asLines();
  }

  private asLines(): Stage {
    return new LineStage(this.context, this.line);
  }

  private asObjects(): Stage {
    return new ItemStage(this.context, this.position, { isArray: false, breaks: 0 });
  }
}

function isBraceAlone(line: Buffer): boolean {
  return line[0] === OPEN_BRACE && line.toString('latin1').trimEnd() === '{';
}
