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
  const who = `event ${row.eventId} (${row.seq})`;
  if (row.bytes === null) {
    if (row.kind === null) findings.problem(`${who}: its bytes are gone without a record`);
  } else if (row.kind !== null)
    findings.problem(`${who}: its bytes are here, and a record says that they are gone`);
  else if (row.bytes.length !== row.size)
    findings.problem(`${who}: ${row.bytes.length} bytes, captured were ${row.size}`);
  else if (!row.bytes.isWhole) findings.problem(`${who}: its bytes are not what was captured`);
}

const KIND_OF_CLASS: Readonly<Record<string, string>> = {
  archived: 'archive',
  purged: 'gc',
  redacted: 'redact',
};

/** Class, purge record and selection agree. */
export function checkClass(row: CheckedRow, findings: Findings): void {
  const who = `event ${row.eventId} (${row.seq})`;
  const { class: mark, kind } = row;
  if (mark === null && !row.isLive) findings.problem(`${who}: nothing would ever select it`);
  if (mark !== null && row.isLive)
    findings.problem(`${who}: it is ${mark}, and would be selected all the same`);
  const wanted = mark === null ? null : (KIND_OF_CLASS[mark] ?? kind);
  if (kind !== wanted)
    findings.problem(`${who}: it is ${mark ?? 'live'}, its purge record says ${kind ?? 'nothing'}`);
}
