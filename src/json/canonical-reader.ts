import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from './ascii.js';
import { CanonicalScalars } from './canonical-scalars.js';
import { inKeyOrder } from './key-order.js';
import { OpenObject, type ReorderedObject } from './open-object.js';

/** Stands for an open array on the stack; it needs no state of its own. */
const ARRAY = null;
type Container = OpenObject | typeof ARRAY;

/**
 * Reads one JSON text (valid UTF-8), with the bare literals NaN, Infinity and
 * -Infinity that Python writes, and gives its canonical bytes. The stack of open
 * containers is an array, not the call stack: nesting of any depth is data, not
 * a crash.
 */
export class CanonicalReader extends CanonicalScalars {
  private readonly open: Container[] = [];
  private readonly reordered: ReorderedObject[] = [];

  /** Throws a SyntaxError when the text is malformed. */
  read(): Buffer {
    do {
      while (this.opensContainer());
      this.closeContainers();
    } while (this.open.length > 0);
    this.skipSpace();
    if (this.at < this.bytes.length) this.fail();
    const canonical = this.out.subarray(0, this.length);
    return this.reordered.length === 0 ? canonical : inKeyOrder(canonical, this.reordered);
  }

  /** Reads what starts a value. True when a container was opened and its first value comes next. */
  private opensContainer(): boolean {
    const byte = this.skipSpace();
    if (byte === OPEN_BRACE) return this.beginObject();
    if (byte === OPEN_BRACKET) return this.beginArray();
    this.scalar(byte);
    return false;
  }

  private beginObject(): boolean {
    const start = this.length;
    this.take(OPEN_BRACE);
    if (this.takeIf(CLOSE_BRACE)) return false;
    const object = new OpenObject(this.out, start);
    this.open.push(object);
    this.key(object);
    return true;
  }

  private beginArray(): boolean {
    this.take(OPEN_BRACKET);
    if (this.takeIf(CLOSE_BRACKET)) return false;
    this.open.push(ARRAY);
    return true;
  }

  /** After a value: closes what ends here, until another value follows or the document is over. */
  private closeContainers(): void {
    for (let top = this.open.at(-1); top !== undefined; top = this.open.at(-1)) {
      if (this.takeIf(COMMA)) {
        if (top !== ARRAY) this.key(top);
        return;
      }
      this.close(top);
    }
  }

  private close(container: Container): void {
    if (!this.takeIf(container === ARRAY ? CLOSE_BRACKET : CLOSE_BRACE)) this.fail();
    this.open.pop();
    const reordered = container?.reordered(this.length);
    if (reordered !== undefined) this.reordered.push(reordered);
  }

  private key(object: OpenObject): void {
    if (this.skipSpace() !== QUOTE) this.fail();
    const start = this.length;
    this.string();
    object.addKey(start, this.length);
    if (!this.takeIf(COLON)) this.fail();
  }
}
