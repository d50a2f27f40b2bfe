import type { TransferRow } from '../../transfer/ports.js';
import type { FilledColumn, FilledTable } from './tables.js';

/** What begins and ends the binary form of COPY. */
const HEADER = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
const TRAILER = Buffer.from([0xff, 0xff]);

const NULL_SIZE = -1;
const TWO_TO_32 = 2 ** 32;

/** A buffer that grows. */
class Bytes {
  #buffer = Buffer.allocUnsafe(64 * 1024);
  #end = 0;

  int16(value: number): void {
    this.#end = this.#room(2).writeInt16BE(value, this.#end);
  }

  int32(value: number): void {
    this.#end = this.#room(4).writeInt32BE(value, this.#end);
  }

  int64(value: number): void {
    const buffer = this.#room(8);
    buffer.writeInt32BE(Math.floor(value / TWO_TO_32), this.#end);
    this.#end = buffer.writeUInt32BE(value >>> 0, this.#end + 4);
  }

  bytes(value: Uint8Array): void {
    this.#room(value.length).set(value, this.#end);
    this.#end += value.length;
  }

  /** Behind its size. */
  text(value: string): void {
    const size = Buffer.byteLength(value);
    this.int32(size);
    this.#room(size).write(value, this.#end);
    this.#end += size;
  }

  get all(): Buffer {
    return this.#buffer.subarray(0, this.#end);
  }

  #room(size: number): Buffer {
    const needed = this.#end + size;
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
      this.#buffer.copy(larger, 0, 0, this.#end);
      this.#buffer = larger;
    }
    return this.#buffer;
  }
}

/** Rows in the binary form of COPY: exact bytes, and nothing to escape. */
export function binaryRows({ name, columns }: FilledTable, rows: readonly TransferRow[]): Buffer {
  const out = new Bytes();
  out.bytes(HEADER);
  for (const row of rows) {
    out.int16(columns.length);
    for (const [index, column] of columns.entries()) field(out, name, column, row[index] ?? null);
  }
  out.bytes(TRAILER);
  return out.all;
}

function field(
  out: Bytes,
  table: string,
  { name, wire }: FilledColumn,
  value: TransferRow[number],
): void {
  if (value === null) out.int32(NULL_SIZE);
  else if (wire === 'text' && typeof value === 'string') out.text(value);
  else if (wire === 'bytea' && value instanceof Uint8Array) {
    out.int32(value.length);
    out.bytes(value);
  } else if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
    throw new Error(`${table}: a value of ${name} is no ${wire}: ${typeof value}`);
  } else if (wire === 'integer') {
    out.int32(4);
    out.int32(value);
  } else {
    out.int32(8);
    out.int64(value);
  }
}
