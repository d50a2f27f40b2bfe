import type { CaptureInput } from './capture.js';
import type { GroupLimits } from './group-commit.js';

/**
 * Most of one group of captures: one transaction and one fsync, and no more
 * work than an event loop can be held for.
 */
export const CAPTURE_GROUP: GroupLimits<CaptureInput> = {
  maxItems: 1_000,
  maxBytes: 1024 * 1024,
  sizeOf: ({ bytes }) => bytes.length,
};

/** Puts bytes, or what is said in the place of some, into groups of what one transaction may hold. */
export class Grouping {
  #group: (Buffer | string)[] = [];
  #size = 0;

  /** The group that ends with this one or before it, if one does. */
  add(bytes: Buffer | string): (Buffer | string)[] | undefined {
    const isTooMuch = this.#size + bytes.length > CAPTURE_GROUP.maxBytes;
    const before = isTooMuch && !this.isEmpty ? this.rest() : undefined;
    this.#group.push(bytes);
    this.#size += bytes.length;
    return this.#group.length < CAPTURE_GROUP.maxItems ? before : this.rest();
  }

  get isEmpty(): boolean {
    return this.#group.length === 0;
  }

  /** What is in no group yet; it begins again without it. */
  rest(): (Buffer | string)[] {
    const group = this.#group;
    this.#group = [];
    this.#size = 0;
    return group;
  }
}
