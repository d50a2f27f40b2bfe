import { hash } from 'node:crypto';
import { type Envelope, type EnvelopeRules, readEnvelope } from './envelope.js';
import { newEventId } from './event-id.js';
import type { EventJournal, EventOrigin, NewEvent } from './new-event.js';
import type { Spool } from './spool.js';

/** One envelope to capture, with where it was captured. */
export interface CaptureInput {
  /** The exact bytes of the envelope: they become the payload bytes. */
  readonly bytes: Buffer;
  readonly checkout?: string | null;
}

/** What became of one input. Only `captured`, `duplicate` and `spooled` mean that the fact is safe. */
export type CaptureVerdict =
  | {
      readonly kind: 'captured' | 'duplicate' | 'conflict' | 'spooled';
      readonly eventId: string;
      /** True when the producer gave no id and one was made. */
      readonly generated: boolean;
    }
  | {
      readonly kind: 'lost';
      readonly eventId: string;
      readonly generated: boolean;
      /** Why neither journal nor spool could take it. */
      readonly reason: string;
    }
  | { readonly kind: 'invalid'; readonly problem: string };

/** What capture asks of its surroundings; no answer can keep an event from being written. */
export interface CaptureContext {
  readonly rules: EnvelopeRules;
  now(): number;
  /** The blocked reason that holds now for an event of this origin, or null. */
  blockedReason(origin: EventOrigin): string | null;
  readonly producer: { readonly user: string | null; readonly team: string | null };
}

/**
 * Writes facts down before any question is asked about them: journal first,
 * spool when the journal cannot be written, and a verdict of `lost` with the
 * reason when both failed. Nothing is ever dropped in silence (SPEC section 4).
 */
export class Capture {
  readonly #journal: () => Promise<EventJournal>;
  readonly #spool: Spool;

  /** `journal` may reject: that is one way in which the journal cannot be written. */
  constructor(journal: () => Promise<EventJournal>, spool: Spool) {
    this.#journal = journal;
    this.#spool = spool;
  }

  /** One atomic group: its valid events are all in the journal, all in the spool, or all lost. */
  async captureGroup(
    inputs: readonly CaptureInput[],
    context: CaptureContext,
  ): Promise<CaptureVerdict[]> {
    const prepared = inputs.map((input) => prepare(input, context));
    const events = prepared.flatMap((one) => ('event' in one ? [one.event] : []));
    const stored = events.length === 0 ? [] : await this.#store(events);
    let next = 0;
    return prepared.map((one) => {
      if (!('event' in one)) return one;
      const verdict = stored[next++] as Stored;
      return { ...verdict, eventId: one.event.eventId, generated: one.generated };
    });
  }

  async #store(events: readonly NewEvent[]): Promise<Stored[]> {
    try {
      const journal = await this.#journal();
      const verdicts = await journal.append(events, 'capture');
      return verdicts.map((kind) => ({ kind }));
    } catch (journalError) {
      return this.#storeInSpool(events, journalError);
    }
  }

  #storeInSpool(events: readonly NewEvent[], journalError: unknown): Stored[] {
    try {
      this.#spool.write(events);
      return events.map(() => ({ kind: 'spooled' }));
    } catch (spoolError) {
      const reason = `journal: ${message(journalError)}; spool: ${message(spoolError)}`;
      return events.map(() => ({ kind: 'lost', reason }));
    }
  }
}

type Stored =
  | { readonly kind: 'captured' | 'duplicate' | 'conflict' | 'spooled' }
  | { readonly kind: 'lost'; readonly reason: string };

type Prepared =
  | { readonly event: NewEvent; readonly generated: boolean }
  | { readonly kind: 'invalid'; readonly problem: string };

function prepare(input: CaptureInput, context: CaptureContext): Prepared {
  const envelope = readEnvelope(input.bytes, context.rules);
  if (!envelope.ok) return { kind: 'invalid', problem: envelope.problem };
  const eventId = envelope.eventId ?? newEventId(context.now());
  return {
    event: newEvent(input, envelope, eventId, context),
    generated: envelope.eventId === null,
  };
}

function newEvent(
  input: CaptureInput,
  envelope: Envelope,
  eventId: string,
  context: CaptureContext,
): NewEvent {
  const origin: EventOrigin = {
    projectUuid: envelope.projectUuid,
    repoSlug: envelope.repoSlug,
    checkout: input.checkout ?? null,
  };
  return {
    eventId,
    eventType: envelope.eventType,
    bytes: input.bytes,
    sha256: hash('sha256', input.bytes, 'buffer'),
    carriesId: envelope.ownId === eventId,
    timestamp: envelope.timestamp,
    occurredAt: envelope.occurredAt,
    capturedAt: context.now(),
    origin,
    producerUser: context.producer.user,
    producerTeam: envelope.teamSlug ?? context.producer.team,
    blockedReason: context.blockedReason(origin),
    undeliverable: null,
  };
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
