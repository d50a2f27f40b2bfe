import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  NEWLINE,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from '../../json/ascii.js';

/**
 * Finds the end of one item of an array in bytes that arrive in pieces. It looks
 * at brackets and quotes only: whether the item is JSON is for others to say.
 */
export interface ItemScanner {
  /** Only of an object or array can one say that its end is missing. */
  readonly isContainer: boolean;
  /** Offset just past the item, or -1 when it goes on beyond these bytes. */
  scan(bytes: Buffer, from: number): number;
}

/** The scanner for an item with this first byte; the scan must begin there. */
export function scannerFor(firstByte: number | undefined): ItemScanner {
  if (firstByte === OPEN_BRACE) return new ContainerScanner(OPEN_BRACE, CLOSE_BRACE);
  if (firstByte === OPEN_BRACKET) return new ContainerScanner(OPEN_BRACKET, CLOSE_BRACKET);
  return firstByte === QUOTE ? new StringItemScanner() : new BareItemScanner();
}

/** Inside a string. A newline ends it too: no JSON string holds one, so a quote is missing. */
class StringScan {
  open = false;
  private escaped = false;

  /** Offset just past the closing quote (of a newline that ended it), or the end of the bytes. */
  scan(bytes: Buffer, from: number): number {
    for (let at = from; at < bytes.length; at += 1) {
      const byte = bytes[at];
      if (byte === NEWLINE) return this.close(at);
      if (this.escaped) this.escaped = false;
      else if (byte === QUOTE) return this.close(at + 1);
      else if (byte === BACKSLASH) this.escaped = true;
    }
    return bytes.length;
  }

  private close(at: number): number {
    this.open = false;
    this.escaped = false;
    return at;
  }
}

/**
 * Counts only brackets of the outermost kind. In JSON that is enough, and in
 * damaged text a stray or missing bracket of the other kind does no harm.
 */
class ContainerScanner implements ItemScanner {
  readonly isContainer = true;
  private readonly string = new StringScan();
  private depth = 0;

  constructor(
    private readonly opener: number,
    private readonly closer: number,
  ) {}

  scan(bytes: Buffer, from: number): number {
    let at = from;
    while (at < bytes.length) {
      if (this.string.open) {
        at = this.string.scan(bytes, at);
        continue;
      }
      const byte = bytes[at];
      at += 1;
      if (byte === QUOTE) this.string.open = true;
      else if (byte === this.opener) this.depth += 1;
      else if (byte === this.closer) this.depth -= 1;
      if (this.depth === 0) return at;
    }
    return -1;
  }
}

class StringItemScanner implements ItemScanner {
  readonly isContainer = false;
  private readonly string = new StringScan();
  private begun = false;

  scan(bytes: Buffer, from: number): number {
    const start = this.begun ? from : from + 1;
    this.begun = true;
    this.string.open = true;
    const end = this.string.scan(bytes, start);
    return this.string.open ? -1 : end;
  }
}

/**
 * A number, a literal, or rubbish: up to the next comma, closing bracket or
 * line. Rubbish with quotes or brackets in it takes the whole line, lest a part
 * of it be taken for an event.
 */
class BareItemScanner implements ItemScanner {
  readonly isContainer = false;
  private begun = false;
  private wholeLine = false;

  scan(bytes: Buffer, from: number): number {
    for (let at = from; at < bytes.length; at += 1) {
      const byte = bytes[at];
      if (byte === NEWLINE) return at;
      if (this.begun && !this.wholeLine && endsBareItem(byte)) return at;
      this.wholeLine ||= isStructure(byte);
      this.begun = true;
    }
    return -1;
  }
}

function endsBareItem(byte: number | undefined): boolean {
  return byte === COMMA || byte === CLOSE_BRACKET;
}

function isStructure(byte: number | undefined): boolean {
  return byte === QUOTE || byte === COLON || byte === OPEN_BRACE || byte === OPEN_BRACKET;
}
