import { randomFillSync } from 'node:crypto';
import { ulid } from 'ulid';

const pool = Buffer.alloc(4096);
let used = pool.length;

/** Uniform in [0, 1). The library's own source asks the kernel for every character, at 40 µs an id. */
function pooledRandom(): number {
  if (used + 4 > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += 4;
  return pool.readUInt32LE(used - 4) / 2 ** 32;
}

/**
 * The ULID of an event that may come again by the same way: the same time and
 * digest make the same id. The digest has 16 bytes or more.
 */
export function derivedEventId(time: number, digest: Buffer): string {
  let at = 0;
  return ulid(time, () => (digest[at++] ?? 0) / 256);
}

/** A new ULID for an event whose producer gave no id (ulid/spec). */
export function newEventId(now: number): string {
  return ulid(now, pooledRandom);
}
