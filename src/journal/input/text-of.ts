import { type FileKind, fileKind } from './file-kind.js';
import { unzipped } from './unzipped.js';
import { utf8Of } from './utf16.js';

/** The input is not text, and nothing that is unpacked here; nothing of it was read. */
export class NotTextError extends Error {
  override readonly name = 'NotTextError';

  constructor(what: string) {
    super(`this is ${what}, not JSON text: nothing of it was read; unpack or convert it first`);
  }
}

/** A file compressed twice is a mistake that happens; more than that is meant badly. */
const MOST_LAYERS = 2;

const CONVERSION = {
  gzip: 'gzip, unpacked as it is read',
  'utf-16le': 'UTF-16, kept as UTF-8',
  'utf-16be': 'UTF-16, kept as UTF-8',
} as const;

/**
 * The text of an input as UTF-8 bytes, as it arrives: gzip is unpacked, UTF-16
 * is converted, and everything else is handed on as it is.
 *
 * @throws NotTextError for a file of another kind, before anything is handed on.
 */
export async function* textOf(
  source: AsyncIterable<Buffer>,
  onConversion: (what: string) => void = () => undefined,
  layers = 0,
): AsyncGenerator<Buffer, void, undefined> {
  const chunks = source[Symbol.asyncIterator]();
  try {
    const { head, kind } = await look(chunks);
    if (kind.kind !== 'text' && kind.kind !== 'other') onConversion(CONVERSION[kind.kind]);
    yield* asText(kind, following(head, chunks), onConversion, layers);
  } finally {
    await chunks.return?.();
  }
}

function asText(
  kind: FileKind,
  bytes: AsyncIterable<Buffer>,
  onConversion: (what: string) => void,
  layers: number,
): AsyncIterable<Buffer> {
  if (kind.kind === 'text') return bytes;
  if (kind.kind === 'utf-16le' || kind.kind === 'utf-16be')
    return utf8Of(bytes, kind.kind === 'utf-16be');
  if (kind.kind === 'other') throw new NotTextError(kind.what);
  if (layers === MOST_LAYERS) throw new NotTextError('gzip within gzip within gzip');
  return textOf(unzipped(bytes), onConversion, layers + 1);
}

async function look(chunks: AsyncIterator<Buffer>): Promise<{ head: Buffer; kind: FileKind }> {
  let head: Buffer = Buffer.alloc(0);
  for (;;) {
    const next = await chunks.next();
    if (next.done !== true)
      head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
    const kind = fileKind(head, next.done === true);
    if (kind !== undefined) return { head, kind };
  }
}

async function* following(head: Buffer, chunks: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield head;
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next())
    yield next.value;
}
