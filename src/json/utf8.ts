import { isUtf8 } from 'node:buffer';

const BLOCK = 4096;

/** The offset of the first byte that is no part of a UTF-8 character; the length when all are. */
export function utf8Fault(bytes: Buffer): number {
  let at = 0;
  while (at < bytes.length) {
    const block = endOfCharacters(bytes, Math.min(at + BLOCK, bytes.length));
    if (block > at && isUtf8(bytes.subarray(at, block))) at = block;
    else return faultWithin(bytes, at);
  }
  return at;
}

/** Moves the end of a block back to where a character starts, so that none is cut. */
function endOfCharacters(bytes: Buffer, end: number): number {
  let at = end;
  while (at < bytes.length && at > end - 4 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at -= 1;
  return at;
}

function faultWithin(bytes: Buffer, from: number): number {
  let at = from;
  for (;;) {
    const length = lengthOfCharacter(bytes[at]);
    if (length === 0 || !isUtf8(bytes.subarray(at, at + length))) return at;
    at += length;
  }
}

function lengthOfCharacter(lead: number | undefined): number {
  if (lead === undefined) return 0;
  if (lead < 0x80) return 1;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}
