import { BACKSLASH, isJsonSpace, QUOTE } from './ascii.js';

const PLUS = 0x2b;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const LOWER_E = 0x65;
const LITERALS = ['null', 'true', 'false', 'NaN', 'Infinity', '-Infinity'].map((word) =>
  Buffer.from(word),
);

/** The bytes are not what Python's json module would read. */
export class MalformedJsonError extends SyntaxError {
  override readonly name = 'MalformedJsonError';
}

/**
 * Walks over JSON bytes and writes the canonical form of what it takes: the
 * tokens without structure. CanonicalReader adds the containers.
 */
export class CanonicalScalars {
  /** How far reading came; after an error, where the text stops being JSON. */
  at = 0;
  /** Twice the input always suffices: only doubles grow, at worst `1.5` to `1.5e+0`. */
  protected readonly out: Buffer;
  protected length = 0;

  constructor(protected readonly bytes: Buffer) {
    this.out = Buffer.allocUnsafe(bytes.length * 2);
  }

  /** A literal without escapes is its own canonical form: nothing in it could be spelled otherwise. */
  protected string(): void {
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

  protected scalar(byte: number | undefined): void {
    if (byte === QUOTE) this.string();
    else if (isDigit(byte) || (byte === MINUS && isDigit(this.bytes[this.at + 1]))) this.number();
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

  protected take(byte: number): void {
    this.at += 1;
    this.out[this.length++] = byte;
  }

  protected takeIf(byte: number): boolean {
    if (this.skipSpace() !== byte) return false;
    this.take(byte);
    return true;
  }

  private skipIf(byte: number): boolean {
    if (this.bytes[this.at] !== byte) return false;
    this.at += 1;
    return true;
  }

  protected skipSpace(): number | undefined {
    const { bytes } = this;
    let byte = bytes[this.at];
    while (isJsonSpace(byte)) byte = bytes[++this.at];
    return byte;
  }

  protected fail(at = this.at): never {
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

/**
 * The canonical spelling of a number that has a `.` or an exponent, and so is an
 * IEEE double. It is always written with an exponent, which keeps `1.0` apart
 * from `1`, and keeps the sign of zero.
 */
export function canonicalDouble(literal: string): string {
  const value = Number(literal);
  if (Object.is(value, -0)) return '-0e+0';
  // Too large for a double: equal to each other, but not to the bare literal Infinity.
  if (!Number.isFinite(value)) return value < 0 ? '-1e+999' : '1e+999';
  return value.toExponential();
}
