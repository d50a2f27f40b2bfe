import { hash } from 'node:crypto';
import type { TransferColumn, TransferRow } from './ports.js';

/** Hexadecimal digits of the digest of a row: sums of them are exact on every engine. */
export const ROW_DIGITS = 15;

/** Digits that are summed up apart: a page of them is far from what a double holds exactly. */
const LOW_DIGITS = 7;

/**
 * The sum of the digests of rows: equal for the same rows in any order. A destination
 * computes it by itself from what it stores (`rowText` says of which text), so that
 * every value of every row is compared without sending it back.
 */
export function rowsDigest(
  columns: readonly TransferColumn[],
  rows: readonly TransferRow[],
): bigint {
  let high = 0;
  let low = 0;
  for (const row of rows) {
    const digits = hash('sha256', rowText(columns, row), 'hex').slice(0, ROW_DIGITS);
    high += Number.parseInt(digits.slice(0, -LOW_DIGITS), 16);
    low += Number.parseInt(digits.slice(-LOW_DIGITS), 16);
  }
  return BigInt(high) * 16n ** BigInt(LOW_DIGITS) + BigInt(low);
}

/** Numbers as they are, texts behind their lengths, the SHA-256 of bytes; each with a comma, `-` for null. */
function rowText(columns: readonly TransferColumn[], row: TransferRow): string {
  let text = '';
  for (const [index, { type }] of columns.entries()) {
    const value = row[index] ?? null;
    if (value === null) text += '-,';
    else if (type === 'integer') text += `${value as number},`;
    else if (type === 'text') text += `${Buffer.byteLength(value as string)}:${value as string},`;
    else text += `${hash('sha256', value as Uint8Array, 'hex')},`;
  }
  return text;
}
