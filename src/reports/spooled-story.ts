import type { SpooledEvent } from '../journal/spool.js';

/** An event that waits in the spool for the journal. */
export interface SpooledStory {
  /** Absolute path of the file that holds it. */
  readonly file: string;
  /** ISO 8601: when it was captured, and went there. */
  readonly since: string;
  readonly event_type: string;
  readonly project_uuid: string | null;
  readonly sha256: string;
  readonly size: number;
  /** Why `OPT_OUT` does not discard it; null when it was not asked to. */
  readonly audit: string | null;
  readonly bytes: Buffer;
}

/** What is known of an event before the journal has it. */
export function spooledStory({ file, event }: SpooledEvent): SpooledStory {
  return {
    file,
    since: new Date(event.capturedAt).toISOString(),
    event_type: event.eventType,
    project_uuid: event.origin.projectUuid,
    sha256: event.sha256.toString('hex'),
    size: event.bytes.length,
    audit: event.audit?.action ?? null,
    bytes: event.bytes,
  };
}
