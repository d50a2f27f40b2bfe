import { isUtf8 } from 'node:buffer';
import { createHash, hash } from 'node:crypto';
import { CanonicalReader } from './canonical-reader.js';

/**
 * A SHA-256 (32 bytes) that is equal exactly when two payloads are equal by
 * value: of the canonical bytes, or of
 * `bytes:` and the payload when it is not JSON. No canonical text starts with a
 * `b`, so the two can never meet.
 */
export function canonicalDigest(bytes: Buffer): Buffer {
  const canonical = canonicalBytes(bytes);
  return canonical === undefined
    ? createHash('sha256').update('bytes:').update(bytes).digest()
    : hash('sha256', canonical, 'buffer');
}

/** Whether two payloads are equal by value; what is not JSON equals only the same bytes. */
export function sameValue(a: Buffer, b: Buffer): boolean {
  if (a.equals(b)) return true;
  const canonical = canonicalBytes(a);
  const other = canonical && canonicalBytes(b);
  return canonical !== undefined && other !== undefined && canonical.equals(other);
}

/**
 * The bytes the digest is taken of: compact JSON, members sorted by the UTF-8
 * bytes of their key literals (the last of equal keys stays), strings as
 * JSON.stringify writes them, integers digit for digit, doubles with an
 * exponent. Undefined for bytes that Python's json would not read.
 *
 * Digests are stored for good: changing this form needs a data migration.
 */
export function canonicalBytes(bytes: Buffer): Buffer | undefined {
  if (!isUtf8(bytes)) return undefined;
  try {
    return new CanonicalReader(bytes).read();
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The byte offset at which a text stops being JSON (its length if more is missing); undefined when it is JSON. */
export function faultOffset(bytes: Buffer): number | undefined {
  const reader = new CanonicalReader(bytes);
  try {
    reader.read();
    return undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return reader.at;
    throw error;
  }
}
