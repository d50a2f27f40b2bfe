/** What an input is, told by its first bytes. */
export type FileKind =
  | { readonly kind: 'text' | 'gzip' | 'utf-16le' | 'utf-16be' }
  /** No text, and nothing redrain unpacks; `what` with its article. */
  | { readonly kind: 'other'; readonly what: string };

const TEXT: FileKind = { kind: 'text' };

/** Longest magic number first where one begins with another. */
const MAGIC: readonly (readonly [bytes: Buffer, kind: FileKind])[] = [
  [hex('1f8b08'), { kind: 'gzip' }],
  [hex('fffe0000'), other('UTF-32 text')],
  [hex('0000feff'), other('UTF-32 text')],
  [hex('fffe'), { kind: 'utf-16le' }],
  [hex('feff'), { kind: 'utf-16be' }],
  [hex('28b52ffd'), other('a zstd file')],
  [hex('504b0304'), other('a zip archive')],
  [hex('504b0506'), other('a zip archive')],
  [Buffer.from('SQLite format 3\0'), other('an SQLite database')],
  [Buffer.from('BZh'), other('a bzip2 file')],
  [hex('fd377a585a00'), other('an xz file')],
  [hex('04224d18'), other('an lz4 file')],
  [hex('377abcaf271c'), other('a 7-Zip archive')],
  [hex('ff060000734e6150'), other('a snappy file')],
  [Buffer.from('PAR1'), other('a Parquet file')],
  [Buffer.from('Obj\u0001'), other('an Avro file')],
  [Buffer.from('ARROW1'), other('an Arrow file')],
  [Buffer.from('%PDF-'), other('a PDF document')],
  [hex('7f454c46'), other('a program')],
  [hex('89504e47'), other('a PNG image')],
  [hex('ffd8ff'), other('a JPEG image')],
  [Buffer.from('GIF8'), other('a GIF image')],
];

/** Bytes that tell UTF-16 without a byte order mark from text with NULs about it. */
const PAIR_BYTES = 4;
const TAR_AT = 257;

/** The kind, or undefined while more bytes could still decide; `isAll` when no more will come. */
export function fileKind(head: Buffer, isAll: boolean): FileKind | undefined {
  for (const [magic, kind] of MAGIC) {
    if (head.subarray(0, magic.length).equals(magic)) return kind;
    const isOpen = !isAll && head.length < magic.length;
    if (isOpen && magic.subarray(0, head.length).equals(head)) return undefined;
  }
  if (head.length < PAIR_BYTES) return isAll ? TEXT : undefined;
  return unmarked(head) ?? (isBinary(head) ? other('binary data') : TEXT);
}

function unmarked(head: Buffer): FileKind | undefined {
  const [a = 0, b = 0, c = 0, d = 0] = head;
  if (a > 0 && a < 0x80 && b === 0 && c > 0 && d === 0) return { kind: 'utf-16le' };
  if (a === 0 && b > 0 && b < 0x80 && c === 0 && d > 0) return { kind: 'utf-16be' };
  return head.toString('latin1', TAR_AT, TAR_AT + 5) === 'ustar'
    ? other('a tar archive')
    : undefined;
}

/** Enough bytes for a share to mean something. */
const JUDGED_FROM = 512;
const JUDGED_BYTES = 4096;
const BEGINS_OBJECT = /\{\s*"/;
const ODD = /(?![\t\n\f\r])\p{Cc}|\ufffd/gu;

/** Mostly bytes that no text has, and nothing in it that begins an object. NULs say nothing: logs have holes. */
function isBinary(head: Buffer): boolean {
  const text = head.toString('utf8', 0, JUDGED_BYTES).replaceAll('\0', '');
  if (text.length < JUDGED_FROM || BEGINS_OBJECT.test(text)) return false;
  return (text.match(ODD)?.length ?? 0) * 3 > text.length;
}

function hex(digits: string): Buffer {
  return Buffer.from(digits, 'hex');
}

function other(what: string): FileKind {
  return { kind: 'other', what };
}
