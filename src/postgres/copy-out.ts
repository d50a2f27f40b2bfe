import type { Client } from './driver.js';

/** `PGCOPY\n\xff\r\n\0` and the flags; the length of an extension follows. */
const SIGNATURE_SIZE = 15;
/** Dimensions, whether there are nulls, the type of the elements; and of one dimension its length and first index. */
const EMPTY_ARRAY_SIZE = 12;
const ARRAY_HEAD_SIZE = 20;
const NO_MORE_ROWS = -1;
const NULL_SIZE = -1;
const TWO_TO_32 = 2 ** 32;

/** The fields of one row, from left to right; each is read once, as the type it has. */
export class BinaryRow {
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;

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
    const value = this.#bytes.readInt32BE(at) * TWO_TO_32 + this.#bytes.readUInt32BE(at + 4);
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
    this.#at += size;
    return Buffer.from(this.#bytes.subarray(this.#at - size, this.#at));
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

/** What the driver calls on a query while it is the one at work. */
interface CopyConnection {
  query(text: string): void;
  sendCopyFail(message: string): void;
}

/** COPY … TO STDOUT in binary form: the driver has the messages, and leaves the query to whoever brings one. */
class CopyOut {
  /** The driver puts one of its own around it, which ends its watch over the time that a query takes. */
  callback: (error?: Error) => void;
  readonly #text: string;
  readonly #onRow: (row: BinaryRow) => void;
  readonly #row = new BinaryRow();
  #isFirst = true;
  /** Of whoever reads the rows: the others still arrive, and are left alone. */
  #failure: Error | undefined;

  constructor(text: string, onRow: (row: BinaryRow) => void, ended: (error?: Error) => void) {
    this.#text = text;
    this.#onRow = onRow;
    this.callback = ended;
  }

  submit(connection: CopyConnection): void {
    connection.query(this.#text);
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
    this.callback(error);
  }

  handleReadyForQuery(): void {
    this.callback(this.#failure);
  }

  handleCopyInResponse(connection: CopyConnection): void {
    connection.sendCopyFail('there is nothing to copy in');
  }

  handleCommandComplete(): void {}
  handleRowDescription(): void {}
  handleDataRow(): void {}
  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
}

/**
 * Reads the rows of a statement in the binary form of COPY: a third of what the driver needs
 * for rows of its own, which come as text, and bytes in hexadecimal. The row is good for one call.
 */
export function copyOut(
  client: Client,
  statement: string,
  onRow: (row: BinaryRow) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const text = `COPY (${statement}) TO STDOUT (FORMAT binary)`;
    const query = new CopyOut(text, onRow, (error) => (error ? reject(error) : resolve()));
    client.query(query as never);
  });
}
