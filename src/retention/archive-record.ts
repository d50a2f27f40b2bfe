/** One line of an archive: every column of the event, its origin, and its bytes in base64. */
export interface ArchiveRecord {
  readonly seq: number;
  readonly event_id: string;
  /** Hexadecimal. */
  readonly sha256: string;
  /** The exact payload bytes; null once they were redacted. */
  readonly bytes: Buffer | null;
  /** The other columns, as the journal has them. */
  readonly columns: Readonly<Record<string, unknown>>;
}

/** From a row of the journal with its origin and payload. */
export function recordOf(row: Readonly<Record<string, unknown>>): ArchiveRecord {
  const { seq, event_id, sha256, bytes, ...columns } = row;
  return {
    seq: seq as number,
    event_id: event_id as string,
    sha256: (sha256 as Buffer).toString('hex'),
    bytes: bytes as Buffer,
    columns,
  };
}

/** The line of one record, newline included. */
export function encodeRecord(record: ArchiveRecord): string {
  const { columns, bytes, ...key } = record;
  return `${JSON.stringify({ ...key, ...columns, bytes: bytes?.toString('base64') ?? null })}\n`;
}

/** Reads one line; undefined when it is not a record. */
export function decodeRecord(line: string): ArchiveRecord | undefined {
  const value = parsed(line);
  if (value === undefined) return undefined;
  const { seq, event_id, sha256, bytes, ...columns } = value;
  const whole =
    Number.isSafeInteger(seq) &&
    typeof event_id === 'string' &&
    typeof sha256 === 'string' &&
    (typeof bytes === 'string' || bytes === null);
  if (!whole) return undefined;
  return {
    seq: seq as number,
    event_id,
    sha256,
    bytes: bytes === null ? null : Buffer.from(bytes as string, 'base64'),
    columns,
  };
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
