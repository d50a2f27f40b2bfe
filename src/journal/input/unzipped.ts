import { createGunzip, type Gunzip } from 'node:zlib';

/**
 * Compressed bytes that are unpacked before others are looked at. Few: at most
 * a thousand times as many come of them, and what comes of the piece that is
 * damaged is lost with it.
 */
const PIECE_BYTES = 512;
/** Checksum and length: they are given last and one by one, so that they cost nothing when they are wrong. */
const TRAILER_BYTES = 8;

/**
 * What gzip data hold, one member or several, as it is unpacked. Everything
 * that is whole comes before the error that says what is wrong.
 */
export async function* unzipped(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const work = new Unzipping();
  let trailer = Buffer.alloc(0);
  try {
    for await (const chunk of source) {
      const bytes = Buffer.concat([trailer, chunk]);
      const end = Math.max(bytes.length - TRAILER_BYTES, 0);
      trailer = bytes.subarray(end);
      for (let at = 0; at < end; at += PIECE_BYTES)
        yield* work.give(bytes.subarray(at, Math.min(at + PIECE_BYTES, end)));
    }
    for (let at = 0; at < trailer.length; at += 1) yield* work.give(trailer.subarray(at, at + 1));
    yield* work.end();
  } finally {
    work.close();
  }
}

class Unzipping {
  readonly #gunzip: Gunzip = createGunzip();
  #ready: Buffer[] = [];
  #failure: Error | undefined;
  /** A piece that fails is never reported as written. */
  #wake: () => void = () => undefined;

  constructor() {
    this.#gunzip.on('data', (bytes: Buffer) => this.#ready.push(bytes));
    this.#gunzip.on('error', (error) => {
      this.#failure = error;
      this.#wake();
    });
    this.#gunzip.on('end', () => this.#wake());
  }

  async *give(bytes: Buffer): AsyncGenerator<Buffer> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#gunzip.write(bytes, () => resolve());
    });
    yield* this.#take();
  }

  async *end(): AsyncGenerator<Buffer> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#gunzip.end();
    });
    yield* this.#take();
  }

  close(): void {
    this.#gunzip.destroy();
  }

  *#take(): Generator<Buffer> {
    const ready = this.#ready;
    this.#ready = [];
    yield* ready;
    if (this.#failure !== undefined) throw new Error(reasonOf(this.#failure));
  }
}

function reasonOf({ message }: Error): string {
  return message === 'unexpected end of file'
    ? 'its gzip data end too early, so the file was cut off'
    : `its gzip data are damaged (${message})`;
}
