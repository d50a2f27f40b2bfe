import type { Query, Wire } from './round-trip.js';

/** `PGCOPY\n\xff\r\n\0` and the flags; the length of an extension follows. */
const SIGNATURE_SIZE = 15;
/** Dimensions, whether there are nulls, the type of the elements; and of one dimension its length and first index. */
const EMPTY_ARRAY_SIZE = 12;
const ARRAY_HEAD_SIZE = 20;
const NO_MORE_ROWS = -1;
const NULL_SIZE = -1;
const TWO_TO_32 = 2 ** 32;
/**
 * Bytes of many rows are copied into one piece of memory, which costs far less than one for each;
 * the pieces grow with the rows.
 */
const FIRST_SLAB_SIZE = 8 * 1024;
const LARGEST_SLAB_SIZE = 128 * 1024;
/** Larger ones have their own: a few that are kept would keep the whole piece. */
const MOST_IN_SLAB = 4 * 1024;

/** The fields of one row, from left to right; each is read once, as the type it has. */
export class BinaryRow {
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #slab: Buffer = Buffer.alloc(0);
  #used = 0;

  /** Begins with a message of the server; false where it holds no row. */
  begin(message: Buffer, isFirst: boolean): boolean {
    this.#bytes = message;
    this.#at = 0;
    if (isFirst) this.#at = SIGNATURE_SIZE + 4 + message.readInt32BE(SIGNATURE_SIZE);
    if (this.#at === message.length) return false;
    this.#at += 2;
    return message.readInt16BE(this.#at - 2) !== NO_MORE_ROWS;
  }

  /** A bigint, not null. */
  int64(): number {
    const at = this.#next(8);
    const bytes = this.#bytes;
    const value = bytes.readInt32BE(at) * TWO_TO_32 + bytes.readUInt32BE(at + 4);
    if (!Number.isSafeInteger(value)) throw new Error('the database returned too large a number');
    return value;
  }

  /** An integer, not null. */
  int32(): number {
    return this.#bytes.readInt32BE(this.#next(4));
  }

  /** An array of bigints in one dimension, nulls in neither. */
  int64s(): number[] {
    const size = this.#size();
    const end = this.#at + size;
    const isEmpty = this.#bytes.readInt32BE(this.#at) === 0;
    this.#at += isEmpty ? EMPTY_ARRAY_SIZE : ARRAY_HEAD_SIZE;
    const numbers: number[] = [];
    while (this.#at < end) numbers.push(this.int64());
    return numbers;
  }

  text(): string | null {
    const size = this.#size();
    if (size === NULL_SIZE) return null;
    this.#at += size;
    return this.#bytes.toString('utf8', this.#at - size, this.#at);
  }

  /** A copy: the driver uses its buffer again. */
  bytes(): Buffer | null {
    const size = this.#size();
    if (size === NULL_SIZE) return null;
    const copy = this.#room(size);
    this.#bytes.copy(copy, 0, this.#at, this.#at + size);
    this.#at += size;
    return copy;
  }

  #room(size: number): Buffer {
    if (size > MOST_IN_SLAB) return Buffer.allocUnsafeSlow(size);
    if (this.#used + size > this.#slab.length) {
      const larger = Math.max(FIRST_SLAB_SIZE, 2 * this.#slab.length);
      this.#slab = Buffer.allocUnsafeSlow(Math.min(larger, LARGEST_SLAB_SIZE));
      this.#used = 0;
    }
    this.#used += size;
    return this.#slab.subarray(this.#used - size, this.#used);
  }

  #size(): number {
    this.#at += 4;
    return this.#bytes.readInt32BE(this.#at - 4);
  }

  #next(size: number): number {
    const found = this.#size();
    if (found !== size) throw new Error(`a field of ${found} bytes is not one of ${size}`);
    this.#at += size;
    return this.#at - size;
  }
}

/** COPY … TO STDOUT in binary form: the driver has the messages, and leaves the query to whoever brings one. */
export class CopyOut implements Query {
  readonly #text: string;
  readonly #onRow: (row: BinaryRow) => void;
  readonly #ended: (error?: Error) => void;
  readonly #row = new BinaryRow();
  #isFirst = true;
  /** Of whoever reads the rows: the others still arrive, and are left alone. */
  #failure: Error | undefined;

  /**
   * The rows of a statement without parameters: a third of what the driver needs for rows of its own,
   * which come as text, and bytes in hexadecimal. The row is good for one call.
   */
  constructor(statement: string, onRow: (row: BinaryRow) => void, ended: (error?: Error) => void) {
    this.#text = `COPY (${statement}) TO STDOUT (FORMAT binary)`;
    this.#onRow = onRow;
    this.#ended = ended;
  }

  submit(wire: Wire): null {
    wire.parse({ text: this.#text });
    wire.bind();
    wire.execute();
    return null;
  }

  /** A message of the server is one row; the first has the signature before it. */
  handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
    if (this.#failure !== undefined) return;
    try {
      if (this.#row.begin(chunk, this.#isFirst)) this.#onRow(this.#row);
    } catch (error) {
      this.#failure = error as Error;
    }
    this.#isFirst = false;
  }

  handleError(error: Error): void {
    this.#ended(error);
  }

  handleReadyForQuery(): void {
    this.#ended(this.#failure);
  }

  handleCommandComplete(): void {}
  handleRowDescription(): void {}
  handleDataRow(): void {}
}
