const COMMA = Buffer.from(',');

/**
 * Puts items together with commas in between, each of them copied once. Items
 * that the journal has read together lie in memory as they are wanted, commas
 * included, and are copied in one go.
 */
export class CommaList {
  readonly #parts: Buffer[];
  /** The item before, where it is of one piece: from and to in its memory. */
  #memory: ArrayBufferLike | undefined;
  /** All of that memory, to look between two items. */
  #view: Uint8Array | undefined;
  #from = 0;
  #to = 0;
  #isEmpty = true;

  /** @param head what stands in front of the first item. */
  constructor(head: Buffer) {
    this.#parts = [head];
  }

  add(item: Buffer): void {
    const from = item.byteOffset;
    if (item.buffer === this.#memory && from === this.#to + 1) {
      this.#view ??= new Uint8Array(item.buffer);
      if (this.#view[this.#to] === COMMA[0]) {
        this.#to = from + item.length;
        return;
      }
    }
    this.#begin();
    this.#memory = item.buffer;
    this.#from = from;
    this.#to = from + item.length;
  }

  /** One item of several pieces. */
  addJoined(...pieces: readonly Buffer[]): void {
    this.#begin();
    this.#parts.push(...pieces);
  }

  /** All of them, with `tail` behind the last. */
  joined(tail: Buffer): Buffer {
    this.#flush();
    return Buffer.concat([...this.#parts, tail]);
  }

  #begin(): void {
    this.#flush();
    if (!this.#isEmpty) this.#parts.push(COMMA);
    this.#isEmpty = false;
  }

  #flush(): void {
    if (this.#memory !== undefined)
      this.#parts.push(Buffer.from(this.#memory, this.#from, this.#to - this.#from));
    this.#memory = undefined;
    this.#view = undefined;
  }
}
