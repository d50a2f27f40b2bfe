import type { RepeatedContent } from './repeated-content.js';

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
