const NEWLINE = 0x0a;
/** Lines whose beginning is remembered. */
export const LINES_KNOWN = 1024;

/** Passes bytes on and remembers how far the last whole line went. */
export class LineCounter {
  /** All bytes so far. */
  bytes = 0;
  /** Bytes up to the end of the last whole line. */
  wholeBytes = 0;
  /** Whole lines. */
  lines = 0;
  readonly #starts = new Float64Array(LINES_KNOWN);
  /** Why reading ended early. */
  failure: unknown;

  get endsInLine(): boolean {
    return this.bytes > this.wholeBytes;
  }

  /** Where the line with this number (from 1) begins; undefined for one that is long past. */
  startOf(line: number): number | undefined {
    const isKnown = line > this.lines + 1 - LINES_KNOWN && line <= this.lines + 1;
    return isKnown ? this.#starts[(line - 1) % LINES_KNOWN] : undefined;
  }

  async *count(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
    try {
      for await (const chunk of source) {
        this.#add(chunk);
        yield chunk;
      }
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }

  #add(chunk: Buffer): void {
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) {
      this.lines += 1;
      this.wholeBytes = this.bytes + at + 1;
      this.#starts[this.lines % LINES_KNOWN] = this.wholeBytes;
    }
    this.bytes += chunk.length;
  }
}
