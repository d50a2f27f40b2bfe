import type { Findings } from './verification.js';

/** An event with everything its digest and its class depend on. */
export interface CheckedRow {
  readonly seq: number;
  readonly eventId: string;
  /** Of its payload, in bytes, as it was captured. */
  readonly size: number;
  /** Its mark; null while it has none. */
  readonly class: string | null;
  /** What its purge record says; null when there is none. */
  readonly kind: 'gc' | 'archive' | 'redact' | null;
  readonly isLive: boolean;
  /** Null when its bytes are not here. */
  readonly bytes: { readonly length: number; readonly isWhole: boolean } | null;
}

/** Events in one look: even with their bytes, the largest allowed ones stay well below 100 MiB. */
export const CHECKED_AT_ONCE = 64;

/** Bytes are here or a record says why not, and they are what was captured. */
export function checkBytes(row: CheckedRow, findings: Findings): void {
  const problem = problemOfBytes(row);
  if (problem !== undefined) findings.problem(`${nameOf(row)}: ${problem}`);
}

function problemOfBytes({ bytes, kind, size }: CheckedRow): string | undefined {
  if (bytes === null) return kind === null ? 'its bytes are gone without a record' : undefined;
  if (kind !== null) return 'its bytes are here, and a record says that they are gone';
  if (bytes.length !== size) return `${bytes.length} bytes, captured were ${size}`;
  return bytes.isWhole ? undefined : 'its bytes are not what was captured';
}

/** Made where there is a problem: a million names take their time. */
const nameOf = ({ eventId, seq }: CheckedRow): string => `event ${eventId} (${seq})`;

const KIND_OF_CLASS: Readonly<Record<string, string>> = {
  archived: 'archive',
  purged: 'gc',
  redacted: 'redact',
};

/** Class, purge record and selection agree. */
export function checkClass(row: CheckedRow, findings: Findings): void {
  const { class: mark, kind } = row;
  const say = (problem: string): void => findings.problem(`${nameOf(row)}: ${problem}`);
  if (mark === null && !row.isLive) say('nothing would ever select it');
  if (mark !== null && row.isLive) say(`it is ${mark}, and would be selected all the same`);
  const wanted = mark === null ? null : (KIND_OF_CLASS[mark] ?? kind);
  if (kind !== wanted) say(`it is ${mark ?? 'live'}, its purge record says ${kind ?? 'nothing'}`);
}
