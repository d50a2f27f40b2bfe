import { CLOSE_BRACE, COMMA, OPEN_BRACE } from './ascii.js';
import type { ByteRange, ReorderedObject } from './open-object.js';

/**
 * The canonical bytes with the members of those objects put in key order. Each
 * byte is copied once, however deep the objects are nested: sorting them level
 * by level would copy the innermost once for each level.
 */
export function inKeyOrder(source: Buffer, objects: readonly ReorderedObject[]): Buffer {
  const byStart = [...objects].sort((a, b) => a.start - b.start);
  const out = Buffer.allocUnsafe(source.length);
  const walks = [new Walk([[0, source.length]])];
  let length = 0;
  for (let walk = walks.at(-1); walk !== undefined; walk = walks.at(-1)) {
    const object = walk.atEnd() ? undefined : firstFrom(byStart, walk.at);
    const stop = Math.min(object?.start ?? walk.end, walk.end);
    length += source.copy(out, length, walk.at, stop);
    walk.at = stop;
    if (!walk.atEnd() && object !== undefined) {
      out[length++] = OPEN_BRACE;
      walk.at = object.end;
      walks.push(new Walk(object.members));
    } else if (walk.nextRange()) {
      out[length++] = COMMA;
    } else {
      walks.pop();
      if (walks.length > 0) out[length++] = CLOSE_BRACE;
    }
  }
  return out.subarray(0, length);
}

/** The first object that starts at or after an offset. */
function firstFrom(byStart: readonly ReorderedObject[], at: number): ReorderedObject | undefined {
  let low = 0;
  let high = byStart.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((byStart[middle] as ReorderedObject).start < at) low = middle + 1;
    else high = middle;
  }
  return byStart[low];
}

/** A position in a list of ranges that are visited one after the other. */
class Walk {
  at: number;
  end: number;
  private index = 0;

  constructor(private readonly ranges: readonly ByteRange[]) {
    [this.at, this.end] = ranges[0] as ByteRange;
  }

  atEnd(): boolean {
    return this.at >= this.end;
  }

  /** Moves to the next range; false when this was the last. */
  nextRange(): boolean {
    this.index += 1;
    const range = this.ranges[this.index];
    if (range !== undefined) [this.at, this.end] = range;
    return range !== undefined;
  }
}
