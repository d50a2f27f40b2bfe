import { isJsonSpace } from '../../json/ascii.js';

const KEEP_STORE_BYTES = 64 * 1024;

/**
 * The beginning of something whose end has not arrived. Only the first `limit`
 * bytes are kept, and all are counted: memory stays flat whatever comes.
 */
export class HeldBytes {
  /** Bytes seen so far. */
  total = 0;
  /** The same without trailing whitespace. */
  trimmed = 0;
  private store = Buffer.alloc(0);

  constructor(private readonly limit: number) {}

  /** Bytes kept in memory. */
  get kept(): number {
    return Math.min(this.total, this.limit);
  }

  add(bytes: Buffer, from: number, to: number): void {
    const wanted = Math.min(to - from, this.limit - this.kept);
    if (wanted > 0) {
      this.reserve(this.kept + wanted);
      bytes.copy(this.store, this.kept, from, from + wanted);
    }
    let end = to;
    while (end > from && isJsonSpace(bytes[end - 1])) end -= 1;
    if (end > from) this.trimmed = this.total + end - from;
    this.total += to - from;
  }

  /** A copy of what was kept. */
  copy(): Buffer {
    return Buffer.from(this.store.subarray(0, this.kept));
  }

  /** Starts again. A large store is given back, a small one is used again. */
  clear(): void {
    this.total = 0;
    this.trimmed = 0;
    if (this.store.length > KEEP_STORE_BYTES) this.store = Buffer.alloc(0);
  }

  /** Doubling, so that a long line in tiny pieces is not copied once for each. */
  private reserve(size: number): void {
    if (size <= this.store.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.min(this.limit, Math.max(size * 2, 1024)));
    this.store.copy(grown, 0, 0, this.kept);
    this.store = grown;
  }
}
