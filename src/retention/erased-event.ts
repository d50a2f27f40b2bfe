import { hash } from 'node:crypto';
import type { RevisionTrace } from './redaction-store.js';
import { RepeatedContent } from './repeated-content.js';

/** An event that a redaction erases, as every place is told of it. */
export interface ErasedEvent {
  readonly eventId: string;
  /** SHA-256 of all contents that went under the id, hexadecimal. */
  readonly digests: ReadonlySet<string>;
  /** The contents themselves, as far as they were still there. */
  readonly payloads: readonly Buffer[];
  readonly content: RepeatedContent;
  /** When it was last on its way to any target, epoch milliseconds; null when never. */
  readonly lastAttemptAt: number | null;
}

/** What one place held of an event. */
export interface PlaceFindings {
  readonly copies: number;
  /** What may still hold its bytes there, one line each. */
  readonly remains: readonly string[];
}

/** A place of the home, beside journal and archives, that may hold bytes of an event. */
export interface ErasurePlace {
  /** As reports name it: `jobs`, `stub sinks`, `spool`. */
  readonly name: string;
  /** What it holds. Changes nothing. */
  look(event: ErasedEvent): Promise<PlaceFindings>;
  /** Erases it. Does not throw: what could not be erased is in `remains`. */
  erase(event: ErasedEvent): Promise<PlaceFindings>;
}

/** A revision with what tells its contents from others. */
export interface RevisionFound extends RevisionTrace {
  readonly eventType: string;
  readonly sha256: Buffer;
}

/** What a journal and its archives hold of an event. */
export interface ContentsFound {
  readonly revisions: readonly RevisionFound[];
  /** Contents of conflicts and of the audit log. */
  readonly copies: readonly Buffer[];
  readonly archived: readonly Buffer[];
  readonly lastAttemptAt: number | null;
}

export function erasedEvent(
  eventId: string,
  { revisions, copies, archived, lastAttemptAt }: ContentsFound,
): ErasedEvent {
  const own = revisions.flatMap(({ bytes }) => (bytes === null ? [] : [bytes]));
  const payloads = [...own, ...archived, ...copies];
  // Of an earlier redaction everything was erased then, while the bytes were known.
  const lost = revisions.filter(({ kind }) => kind === 'gc' || kind === 'archive').length;
  const kept = [eventId, ...revisions.map(({ eventType }) => eventType)];
  const digests = [
    ...revisions.map(({ sha256 }) => sha256.toString('hex')),
    ...payloads.map((bytes) => hash('sha256', bytes, 'hex')),
  ];
  return {
    eventId,
    digests: new Set(digests),
    payloads,
    content: new RepeatedContent(payloads, { kept, known: lost <= archived.length }),
    lastAttemptAt,
  };
}
