const NEWLINE = 0x0a;

/** Passes bytes on and remembers how far the last whole line went. */
export class LineCounter {
  /** All bytes so far. */
  bytes = 0;
  /** Bytes up to the end of the last whole line. */
  wholeBytes = 0;
  /** Whole lines. */
  lines = 0;
  /** Why reading ended early. */
  failure: unknown;

  get endsInLine(): boolean {
    return this.bytes > this.wholeBytes;
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
    }
    this.bytes += chunk.length;
  }
}
