import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  isJsonSpace,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from './ascii.js';
import { canonicalDouble } from './canonical-double.js';
import { inKeyOrder } from './key-order.js';
import { OpenObject, type ReorderedObject } from './open-object.js';

const PLUS = 0x2b;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const LOWER_E = 0x65;
const LITERALS = ['null', 'true', 'false', 'NaN', 'Infinity', '-Infinity'].map((word) =>
  Buffer.from(word),
);

/** Stands for an open array on the stack; it needs no state of its own. */
const ARRAY = null;
type Container = OpenObject | typeof ARRAY;

/** The bytes are not what Python's json module would read. */
export class MalformedJsonError extends SyntaxError {
  override readonly name = 'MalformedJsonError';
}

/**
 * Reads one JSON text (valid UTF-8), with the bare literals NaN, Infinity and
 * -Infinity that Python writes, and gives its canonical bytes. The stack of open
 * containers is an array, not the call stack: nesting of any depth is data, not
 * a crash.
 */
export class CanonicalReader {
  /** How far reading came; after an error, where the text stops being JSON. */
  at = 0;
  /** Twice the input always suffices: only doubles grow, at worst `1.5` to `1.5e+0`. */
  private readonly out: Buffer;
  private length = 0;
  private readonly open: Container[] = [];
  private readonly reordered: ReorderedObject[] = [];

  constructor(private readonly bytes: Buffer) {
    this.out = Buffer.allocUnsafe(bytes.length * 2);
  }

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
    if (byte === QUOTE) this.string();
    else this.bareword(byte);
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

  /** A literal without escapes is its own canonical form: nothing in it could be spelled otherwise. */
  private string(): void {
    const { bytes, out, at: start } = this;
    let length = this.length;
    let at = start;
    out[length++] = QUOTE;
    for (;;) {
      const byte = bytes[++at];
      if (byte === undefined || byte < 0x20) this.fail(at);
      if (byte === BACKSLASH) {
        this.escapedString();
        return;
      }
      out[length++] = byte;
      if (byte === QUOTE) break;
    }
    this.at = at + 1;
    this.length = length;
  }

  private escapedString(): void {
    const start = this.at;
    let at = start + 1;
    for (let byte = this.bytes[at]; byte !== QUOTE; byte = this.bytes[at]) {
      if (byte === undefined) this.fail(this.bytes.length);
      at += byte === BACKSLASH ? 2 : 1;
    }
    this.at = at + 1;
    this.write(JSON.stringify(JSON.parse(this.bytes.toString('utf8', start, this.at))));
  }

  private bareword(byte: number | undefined): void {
    if (isDigit(byte) || (byte === MINUS && isDigit(this.bytes[this.at + 1]))) this.number();
    else this.literal();
  }

  private number(): void {
    const start = this.at;
    this.skipIf(MINUS);
    if (!this.skipIf(ZERO)) this.digits();
    const integerEnd = this.at;
    if (this.skipIf(DOT)) this.digits();
    if (this.skipIf(LOWER_E) || this.skipIf(LOWER_E - 0x20)) this.exponent();
    if (this.at === integerEnd) this.integer(start);
    else this.write(canonicalDouble(this.bytes.toString('latin1', start, this.at)));
  }

  /** Kept digit for digit, so that integers of any size compare exactly; `-0` is `0`. */
  private integer(start: number): void {
    const isNegativeZero = this.bytes[start] === MINUS && this.bytes[start + 1] === ZERO;
    for (let at = isNegativeZero ? start + 1 : start; at < this.at; at += 1) {
      this.out[this.length++] = this.bytes[at] as number;
    }
  }

  private exponent(): void {
    if (!this.skipIf(PLUS)) this.skipIf(MINUS);
    this.digits();
  }

  private digits(): void {
    if (!isDigit(this.bytes[this.at])) this.fail();
    while (isDigit(this.bytes[this.at])) this.at += 1;
  }

  private literal(): void {
    const { bytes, at } = this;
    const word = LITERALS.find((candidate) => startsWith(bytes, at, candidate));
    if (word === undefined) this.fail();
    this.length += word.copy(this.out, this.length);
    this.at += word.length;
  }

  private write(text: string): void {
    this.length += this.out.write(text, this.length);
  }

  private take(byte: number): void {
    this.at += 1;
    this.out[this.length++] = byte;
  }

  private takeIf(byte: number): boolean {
    if (this.skipSpace() !== byte) return false;
    this.take(byte);
    return true;
  }

  private skipIf(byte: number): boolean {
    if (this.bytes[this.at] !== byte) return false;
    this.at += 1;
    return true;
  }

  private skipSpace(): number | undefined {
    const { bytes } = this;
    let byte = bytes[this.at];
    while (isJsonSpace(byte)) byte = bytes[++this.at];
    return byte;
  }

  private fail(at = this.at): never {
    this.at = at;
    throw new MalformedJsonError(`not JSON at byte ${at}`);
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}

function startsWith(bytes: Buffer, at: number, word: Buffer): boolean {
  for (let offset = 0; offset < word.length; offset += 1) {
    if (bytes[at + offset] !== word[offset]) return false;
  }
  return true;
}
