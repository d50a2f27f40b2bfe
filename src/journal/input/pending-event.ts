import { isJsonSpace } from '../../json/ascii.js';
import { HeldBytes } from './held-bytes.js';
import type { InputContext } from './stage.js';

/**
 * The event that is being read. One that arrives in a single piece is never
 * copied; one that grows over the limit is counted on, but no longer kept.
 */
export class PendingEvent {
  private readonly held: HeldBytes;

  constructor(private readonly context: InputContext) {
    this.held = new HeldBytes(context.maxEventBytes);
  }

  /** Bytes kept in memory. */
  get buffered(): number {
    return this.held.kept;
  }

  /** Bytes seen so far. */
  get size(): number {
    return this.held.total;
  }

  /** A copy of what is kept: everything, unless the event has outgrown the limit. */
  copy(): Buffer {
    return this.held.copy();
  }

  add(bytes: Buffer, from: number, to: number): void {
    this.held.add(bytes, from, to);
  }

  /**
   * The event ends with these bytes: it becomes a candidate, without trailing
   * whitespace, or a problem when it is too large. Nothing comes of an empty one.
   */
  complete(bytes: Buffer, from: number, to: number, line: number): void {
    if (this.held.total > 0) this.completeHeld(bytes, from, to, line);
    else this.completeWhole(bytes, from, to, line);
  }

  private completeHeld(bytes: Buffer, from: number, to: number, line: number): void {
    this.held.add(bytes, from, to);
    const size = this.held.trimmed;
    if (size > this.context.maxEventBytes) this.refuse(size, line);
    else this.emit(this.held.copy().subarray(0, size), line);
    this.held.clear();
  }

  private completeWhole(bytes: Buffer, from: number, to: number, line: number): void {
    let end = to;
    while (end > from && isJsonSpace(bytes[end - 1])) end -= 1;
    if (end - from > this.context.maxEventBytes) this.refuse(end - from, line);
    else this.emit(bytes.subarray(from, end), line);
  }

  private emit(bytes: Buffer, line: number): void {
    if (bytes.length > 0) this.context.out.addEvent(bytes, line);
  }

  private refuse(size: number, line: number): void {
    this.context.out.addTooLarge(line, size);
  }
}
