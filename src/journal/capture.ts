import { Pace } from '../base/pace.js';
import type { Arrival } from '../edges/arrival.js';
import { plainMessage } from '../files/trouble.js';
import { type DiscardPolicy, type Disposition, dispose } from '../policy/discard.js';
import { digestOf } from './digest.js';
import {
  type Envelope,
  type EnvelopeRules,
  readEnvelope,
  readTold,
  type ToldEvent,
} from './envelope.js';
import { newEventId } from './event-id.js';
import type { EventJournal } from './journal-store.js';
import type { AppendVerdict, AuditNote, EventOrigin, NewEvent } from './new-event.js';
import type { Spool } from './spool.js';

/** One envelope to capture, with where it was captured. */
export interface CaptureInput {
  /** The exact bytes of the envelope: they become the payload bytes, but for a line of an export that wraps them. */
  readonly bytes: Buffer;
  readonly checkout?: string | null;
  /** Makes the id of an event whose producer gave none; else it is a new one. */
  newId?(): string;
  /** What is known of it beside its bytes. */
  readonly told?: ToldEvent;
  /**
   * By which way it came from an edge. Such events are never spooled: what is noted
   * of the edge is written with them, or neither is, and the edge sends them again.
   */
  readonly arrival?: Arrival;
}

/** What became of one input. Only `captured`, `duplicate` and `spooled` mean that the fact is safe. */
export type CaptureVerdict =
  | {
      readonly kind: StoredKind;
      readonly eventId: string;
      /** True when the producer gave no id and one was made. */
      readonly generated: boolean;
      /** True when a discard was refused: the event was stored all the same. */
      readonly refused: boolean;
    }
  | { readonly kind: 'discarded'; readonly family: string }
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
  readonly discard: DiscardPolicy;
}

/** Safe: in the journal, in the spool, beside a different one, or in the audit log. */
export type StoredKind = AppendVerdict | 'spooled';

/** A journal that cannot be opened, and why. */
export interface NoJournal {
  readonly error: unknown;
}

/**
 * Writes facts down before any question is asked about them: journal first,
 * spool when the journal cannot be written, and a verdict of `lost` with the
 * reason when both failed. Nothing is ever dropped silently.
 */
export class Capture {
  readonly #journal: EventJournal | NoJournal;
  readonly #spool: Spool;

  constructor(journal: EventJournal | NoJournal, spool: Spool) {
    this.#journal = journal;
    this.#spool = spool;
  }

  /** One atomic group: its valid events are all in the journal, all in the spool, or all lost. */
  async captureGroup(
    inputs: readonly CaptureInput[],
    context: CaptureContext,
  ): Promise<CaptureVerdict[]> {
    const places = new Places(context);
    const prepareOne = (input: CaptureInput) => prepare(input, context, places);
    const prepared =
      inputs.length > FEW ? await prepareAll(inputs, prepareOne) : inputs.map(prepareOne);
    const events: NewEvent[] = [];
    for (const one of prepared) if ('event' in one) events.push(one.event);
    const stored = events.length === 0 ? [] : await this.#store(events);
    if (events.length < prepared.length) await this.#countDiscarded(prepared);
    let next = 0;
    return prepared.map((one) => {
      if (!('event' in one)) return one;
      const { eventId, audit } = one.event;
      const { generated } = one;
      const verdict = stored[next++] as Stored;
      if (verdict.kind === 'lost')
        return { kind: 'lost', eventId, generated, reason: verdict.reason };
      const refused = audit?.action === 'discard_refused';
      return { kind: verdict.kind, eventId, generated, refused };
    });
  }

  /** The count is all that is left of them, and not worth failing for. */
  async #countDiscarded(prepared: readonly Prepared[]): Promise<void> {
    const families = new Map<string, number>();
    for (const one of prepared)
      if ('kind' in one && one.kind === 'discarded')
        families.set(one.family, (families.get(one.family) ?? 0) + 1);
    if (families.size === 0 || 'error' in this.#journal) return;
    try {
      await this.#journal.countDiscarded(families);
    } catch {
      // The events may go by policy; that they are not counted hurts nobody.
    }
  }

  async #store(events: readonly NewEvent[]): Promise<Stored[]> {
    if ('error' in this.#journal) return this.#storeInSpool(events, this.#journal.error);
    try {
      const verdicts = await this.#journal.append(events, 'capture');
      return verdicts.map((kind) => ({ kind }));
    } catch (journalError) {
      return this.#storeInSpool(events, journalError);
    }
  }

  #storeInSpool(events: readonly NewEvent[], journalError: unknown): Stored[] {
    const why = `journal: ${plainMessage(journalError)}`;
    const own = events.filter(({ arrival }) => arrival === undefined);
    const stored = own.length === 0 ? undefined : this.#spooled(own, why);
    return events.map(({ arrival }) =>
      stored === undefined || arrival !== undefined ? { kind: 'lost', reason: why } : stored,
    );
  }

  #spooled(events: readonly NewEvent[], why: string): Stored {
    try {
      this.#spool.write(events);
      return { kind: 'spooled' };
    } catch (spoolError) {
      return { kind: 'lost', reason: `${why}; spool: ${plainMessage(spoolError)}` };
    }
  }
}

type Stored = { readonly kind: StoredKind } | { readonly kind: 'lost'; readonly reason: string };

type Prepared =
  | { readonly event: NewEvent; readonly generated: boolean }
  | { readonly kind: 'discarded'; readonly family: string }
  | { readonly kind: 'invalid'; readonly problem: string };

/** Where events come from, and the reason that holds for it: both are looked up once. */
interface Place {
  readonly origin: EventOrigin;
  readonly blockedReason: string | null;
}

/** A group comes from few places: its events share their origin objects. */
class Places {
  readonly #context: CaptureContext;
  /** The latest place of each project. */
  readonly #byProject = new Map<string | null, Place>();

  constructor(context: CaptureContext) {
    this.#context = context;
  }

  of({ projectUuid, repoSlug }: Envelope, checkout: string | null): Place {
    const last = this.#byProject.get(projectUuid);
    if (last?.origin.repoSlug === repoSlug && last.origin.checkout === checkout) return last;
    const origin = { projectUuid, repoSlug, checkout };
    const place = { origin, blockedReason: this.#context.blockedReason(origin) };
    this.#byProject.set(projectUuid, place);
    return place;
  }
}

/** So few are prepared without a turn in between: a group holds a MiB at most, or one event. */
const FEW = 4;

/** Parsing and digesting a whole group takes a while: others get a turn before it is written. */
async function prepareAll(
  inputs: readonly CaptureInput[],
  prepareOne: (input: CaptureInput) => Prepared,
): Promise<Prepared[]> {
  const pace = new Pace();
  const prepared: Prepared[] = [];
  for (const input of inputs) {
    prepared.push(prepareOne(input));
    if (pace.isDue) await pace.step();
  }
  return prepared;
}

function prepare(input: CaptureInput, context: CaptureContext, places: Places): Prepared {
  const { bytes, told } = input;
  const envelope =
    told === undefined ? readEnvelope(bytes, context.rules) : readTold(bytes, told, context.rules);
  if (!envelope.ok) return { kind: 'invalid', problem: envelope.problem };
  const disposition = dispose(envelope.eventType, context.discard);
  if (disposition.act === 'discard') return { kind: 'discarded', family: disposition.family };
  const eventId = envelope.eventId ?? input.newId?.() ?? newEventId(context.now());
  return {
    event: newEvent(input, envelope, eventId, context, places, auditNote(disposition)),
    generated: envelope.eventId === null,
  };
}

function newEvent(
  input: CaptureInput,
  envelope: Envelope,
  eventId: string,
  context: CaptureContext,
  places: Places,
  audit: AuditNote | null,
): NewEvent {
  const { origin, blockedReason } = places.of(envelope, input.checkout ?? null);
  const bytes = envelope.wrapped?.bytes ?? input.bytes;
  return {
    eventId,
    eventType: envelope.eventType,
    bytes,
    sha256: digestOf(bytes),
    carriesId: envelope.ownId === eventId,
    timestamp: envelope.timestamp,
    occurredAt: envelope.occurredAt,
    capturedAt: context.now(),
    origin,
    producerUser: context.producer.user,
    producerTeam: envelope.teamSlug ?? context.producer.team,
    blockedReason,
    undeliverable: envelope.wrapped?.undeliverable ?? null,
    coalesceKey: envelope.coalesceKey,
    audit,
    arrival: input.arrival,
  };
}

function auditNote(disposition: Exclude<Disposition, { act: 'discard' }>): AuditNote | null {
  if (disposition.act === 'keep') return null;
  const { act, family, reason } = disposition;
  return { action: act === 'audit' ? 'discarded' : 'discard_refused', family, reason };
}
