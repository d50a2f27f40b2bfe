import { closeSync, existsSync, openSync, readSync } from 'node:fs';

/**
 * Reads rows of small tables straight out of an SQLite file and its log, in
 * the format that https://sqlite.org/fileformat2.html describes. SQLite itself
 * would make files beside a database at rest and take locks; this takes and
 * makes nothing. What is being written meanwhile may be missed or read half:
 * good enough for words that are offered, and for nothing else.
 */
export class TableRows {
  readonly #db: number;
  readonly #pageSize: number;
  readonly #usable: number;
  readonly #wal: number | undefined;
  /** Where the log has the latest committed content of a page. */
  readonly #inLog: ReadonlyMap<number, number>;
  #pagesLeft = MOST_PAGES;

  /** @throws when the file cannot be opened, or is no database. */
  constructor(file: string) {
    this.#db = openSync(file, 'r');
    const header = read(this.#db, 0, 100);
    if (header.toString('latin1', 0, 15) !== 'SQLite format 3') throw new Error('no database');
    const size = header.readUInt16BE(16);
    this.#pageSize = size === 1 ? 65_536 : size;
    this.#usable = this.#pageSize - (header[20] ?? 0);
    const wal = `${file}-wal`;
    this.#wal = existsSync(wal) ? openSync(wal, 'r') : undefined;
    this.#inLog = this.#wal === undefined ? new Map() : pagesInLog(this.#wal, this.#pageSize);
  }

  /** The values of these text columns, row by row; nothing for a table that is not there. */
  *of(table: string, columns: readonly string[]): Generator<(string | null)[]> {
    for (const [type, name, , root, sql] of this.#rows(1)) {
      if (type !== 'table' || name !== table || typeof root !== 'number') continue;
      const order = columnsIn(String(sql));
      const places = columns.map((column) => order.indexOf(column));
      for (const row of this.#rows(root))
        yield places.map((place) => {
          const value = row[place];
          return typeof value === 'string' ? value : null;
        });
    }
  }

  close(): void {
    closeSync(this.#db);
    if (this.#wal !== undefined) closeSync(this.#wal);
  }

  /** Every record below a page of a table. */
  *#rows(pageNumber: number): Generator<Value[]> {
    this.#pagesLeft -= 1;
    if (this.#pagesLeft < 0) return;
    const page = this.#page(pageNumber);
    const start = pageNumber === 1 ? 100 : 0;
    const type = page[start];
    const cells = page.readUInt16BE(start + 3);
    if (type === LEAF)
      for (let i = 0; i < cells; i++)
        yield this.#record(page, page.readUInt16BE(start + 8 + i * 2));
    if (type !== INTERIOR) return;
    for (let i = 0; i < cells; i++)
      yield* this.#rows(page.readUInt32BE(page.readUInt16BE(start + 12 + i * 2)));
    yield* this.#rows(page.readUInt32BE(start + 8));
  }

  #page(pageNumber: number): Buffer {
    const logged = this.#inLog.get(pageNumber);
    return logged !== undefined && this.#wal !== undefined
      ? read(this.#wal, logged, this.#pageSize)
      : read(this.#db, (pageNumber - 1) * this.#pageSize, this.#pageSize);
  }

  #record(page: Buffer, at: number): Value[] {
    const [size, afterSize] = varint(page, at);
    const [, start] = varint(page, afterSize);
    return valuesIn(this.#payload(page, start, size));
  }

  /** A long record goes on in pages of its own. */
  #payload(page: Buffer, start: number, size: number): Buffer {
    const most = this.#usable - 35;
    if (size <= most) return page.subarray(start, start + size);
    const least = Math.floor(((this.#usable - 12) * 32) / 255) - 23;
    const even = least + ((size - least) % (this.#usable - 4));
    const here = even <= most ? even : least;
    const parts = [page.subarray(start, start + here)];
    let left = Math.min(size, MOST_BYTES) - here;
    for (let next = page.readUInt32BE(start + here); next !== 0 && left > 0; ) {
      const more = this.#page(next);
      parts.push(more.subarray(4, Math.min(this.#usable, 4 + left)));
      left -= this.#usable - 4;
      next = more.readUInt32BE(0);
    }
    return Buffer.concat(parts);
  }
}

type Value = string | number | null;

const LEAF = 13;
const INTERIOR = 5;
/** Of all tables together; a file that is damaged may lead in a circle. */
const MOST_PAGES = 5_000;
const MOST_BYTES = 64 * 1024;
const MOST_FRAMES = 20_000;

function read(descriptor: number, at: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  readSync(descriptor, bytes, 0, size, at);
  return bytes;
}

/** Frames of the log up to the last commit; what an earlier log left behind has another salt. */
function pagesInLog(wal: number, pageSize: number): Map<number, number> {
  const salt = read(wal, 0, 32).subarray(16, 24);
  const committed = new Map<number, number>();
  let open: [page: number, at: number][] = [];
  for (let frame = 0; frame < MOST_FRAMES; frame++) {
    const at = 32 + frame * (24 + pageSize);
    const header = read(wal, at, 24);
    const page = header.readUInt32BE(0);
    if (page === 0 || !header.subarray(8, 16).equals(salt)) break;
    open.push([page, at + 24]);
    if (header.readUInt32BE(4) === 0) continue;
    for (const [one, place] of open) committed.set(one, place);
    open = [];
  }
  return committed;
}

function varint(bytes: Buffer, at: number): [value: number, end: number] {
  let value = 0;
  for (let i = 0; i < 8; i++) {
    const byte = bytes[at + i] ?? 0;
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return [value, at + i + 1];
  }
  return [value * 256 + (bytes[at + 8] ?? 0), at + 9];
}

function valuesIn(record: Buffer): Value[] {
  const [headerSize, first] = varint(record, 0);
  const values: Value[] = [];
  let at = headerSize;
  for (let place = first; place < headerSize; ) {
    const [type, next] = varint(record, place);
    place = next;
    const size = type >= 12 ? Math.floor((type - 12) / 2) : (SIZES[type] ?? 0);
    values.push(readValue(record, type, at, size));
    at += size;
  }
  return values;
}

/** Bytes of numbers, by their type. */
const SIZES = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0];

function readValue(record: Buffer, type: number, at: number, size: number): Value {
  if (type >= 13 && type % 2 === 1) return record.toString('utf8', at, at + size);
  if (type >= 1 && type <= 5 && at + size <= record.length) return record.readIntBE(at, size);
  return type === 9 ? 1 : null;
}

/** Names of the columns of a table, in their order. */
function columnsIn(sql: string): string[] {
  const body = sql.slice(sql.indexOf('(') + 1);
  const names: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at <= body.length; at++) {
    const mark = body[at] ?? ',';
    if (mark === '(') depth += 1;
    else if (mark === ')') depth -= 1;
    else if (mark === ',' && depth <= 0) {
      names.push(/["`[]?(\w+)/.exec(body.slice(start, at))?.[1] ?? '');
      start = at + 1;
    }
  }
  return names;
}
