import { createHash, hash } from 'node:crypto';
import type { AuditNote, EventOrigin, NewEvent } from './new-event.js';

/**
 * A spool file is a header line, then for each event a line with a digest and
 * JSON of everything but the bytes, the bytes themselves, and a newline. The
 * digest covers JSON and bytes, so that no damage passes for an event; the
 * number of records in the header makes a tail that is missing altogether
 * visible.
 */
const HEADER = 'redrain-spool-1';

type Meta = Omit<NewEvent, 'bytes' | 'sha256'> & { size: number };

export interface SpoolContents {
  readonly events: NewEvent[];
  /** What could not be read, one line each; empty for a whole file. */
  readonly problems: string[];
}

/** The bytes of a spool file that holds these events. */
export function encodeSpool(events: readonly NewEvent[]): Buffer {
  const parts: Buffer[] = [Buffer.from(`${HEADER} ${events.length}\n`)];
  for (const { bytes, sha256: _digest, ...rest } of events) {
    const meta = JSON.stringify({ ...rest, size: bytes.length } satisfies Meta);
    parts.push(Buffer.from(`${recordDigest(meta, bytes)} ${meta}\n`), bytes, NEWLINE);
  }
  return Buffer.concat(parts);
}

const NEWLINE = Buffer.from('\n');

/** True for a file that a later redrain wrote: only that one can take it in. */
export function isOfLaterFormat(file: Buffer): boolean {
  const version = /^redrain-spool-(\d{1,6}) /.exec(file.toString('latin1', 0, 32))?.[1];
  return version !== undefined && Number(version) > 1;
}

/** Reads what is whole; never throws on damage. */
export function decodeSpool(file: Buffer): SpoolContents {
  const events: NewEvent[] = [];
  const headerEnd = file.indexOf(10);
  const header = /^redrain-spool-1 (\d+)$/.exec(file.toString('utf8', 0, Math.max(headerEnd, 0)));
  if (header === null)
    return { events, problems: ['this is not a spool file: its header is damaged'] };
  const expected = Number(header[1]);
  let at = headerEnd + 1;
  while (at < file.length) {
    const record = readRecord(file, at);
    if (record === undefined) break;
    events.push(record.event);
    at = record.end;
  }
  return { events, problems: missing(expected, events.length) };
}

/** A file without one event, and the part of it that cannot be read. */
export interface SpoolWithout {
  /** Everything else byte for byte as it was; undefined when the event is not in it. */
  readonly bytes: Buffer | undefined;
  /** What follows the last record that can be read: of a whole file, nothing. */
  readonly unreadable: Buffer;
}

/** Takes the records of one event out of a spool file. A file of another format is unreadable as a whole. */
export function withoutEvent(file: Buffer, eventId: string): SpoolWithout {
  const headerEnd = file.indexOf(10);
  const header = /^redrain-spool-1 (\d+)$/.exec(file.toString('utf8', 0, Math.max(headerEnd, 0)));
  if (header === null) return { bytes: undefined, unreadable: file };
  const kept: Buffer[] = [];
  let gone = 0;
  let at = headerEnd + 1;
  for (let record = readRecord(file, at); record !== undefined; record = readRecord(file, at)) {
    if (record.event.eventId === eventId) gone += 1;
    else kept.push(file.subarray(at, record.end));
    at = record.end;
  }
  const unreadable = file.subarray(at);
  const first = Buffer.from(`${HEADER} ${Number(header[1]) - gone}\n`);
  return {
    bytes: gone === 0 ? undefined : Buffer.concat([first, ...kept, unreadable]),
    unreadable,
  };
}

function missing(expected: number, found: number): string[] {
  if (found >= expected) return [];
  const lost = expected - found;
  return [`torn: ${lost} of ${expected} records cannot be read (from record ${found + 1} on)`];
}

function readRecord(file: Buffer, at: number): { event: NewEvent; end: number } | undefined {
  const metaEnd = file.indexOf(10, at);
  if (metaEnd < 0) return undefined;
  const digest = file.toString('latin1', at, at + DIGEST_LENGTH);
  const json = file.toString('utf8', at + DIGEST_LENGTH + 1, metaEnd);
  const meta = parseMeta(json);
  if (meta === undefined) return undefined;
  const { size, ...rest } = meta;
  const end = metaEnd + 1 + size;
  const bytes = Buffer.from(file.subarray(metaEnd + 1, end));
  if (recordDigest(json, bytes) !== digest) return undefined;
  return { event: { ...rest, bytes, sha256: hash('sha256', bytes, 'buffer') }, end: end + 1 };
}

/** Hexadecimal. */
const DIGEST_LENGTH = 64;

function recordDigest(meta: string, bytes: Buffer): string {
  return createHash('sha256').update(meta).update(NEWLINE).update(bytes).digest('hex');
}

/** The digest is not a signature: whoever may write here can make one, so the shape is looked at. */
function parseMeta(json: string): Meta | undefined {
  try {
    const meta = JSON.parse(json) as Partial<Meta> | null;
    return typeof meta === 'object' && meta !== null && isMeta(meta) ? meta : undefined;
  } catch {
    return undefined;
  }
}

function isMeta(meta: Partial<Meta>): meta is Meta {
  const { size, eventId, eventType, carriesId, capturedAt, occurredAt, origin, audit } = meta;
  const { timestamp, producerUser, producerTeam, blockedReason } = meta;
  const { undeliverable, coalesceKey } = meta;
  const texts = [timestamp, producerUser, producerTeam, blockedReason, undeliverable, coalesceKey];
  return (
    isSize(size) &&
    [eventId, eventType].every((text) => typeof text === 'string') &&
    typeof carriesId === 'boolean' &&
    Number.isFinite(capturedAt) &&
    (occurredAt === null || Number.isFinite(occurredAt)) &&
    texts.every(isTextOrNull) &&
    isOrigin(origin) &&
    isAudit(audit)
  );
}

/** A negative size would have the reader go round in circles. */
const isSize = (size: unknown): boolean => Number.isSafeInteger(size) && (size as number) >= 0;

const isTextOrNull = (value: unknown): boolean => value === null || typeof value === 'string';

function isOrigin(origin: Partial<EventOrigin> | null | undefined): boolean {
  const { projectUuid, repoSlug, checkout } = origin ?? {};
  return [projectUuid, repoSlug, checkout].every(isTextOrNull);
}

function isAudit(audit: AuditNote | null | undefined): boolean {
  if (audit === null) return true;
  const { action, family, reason } = audit ?? {};
  const isAction = action === 'discard_refused' || action === 'discarded';
  return isAction && typeof family === 'string' && typeof reason === 'string';
}
