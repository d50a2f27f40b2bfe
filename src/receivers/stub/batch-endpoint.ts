import { arrayElements, memberArrayElements } from '../../json/elements.js';
import type { CompleteAnswer } from '../answer.js';
import { isJsonObject, parseJson } from '../mapping/answer-body.js';
import type { Conduct } from './misbehaviour.js';
import type { ReceivedEvent, Sink } from './sink.js';

/** What the endpoint refuses, as a real server would. */
export interface EndpointRules {
  readonly rejectTypes?: readonly string[];
  /** A batch over these is answered 413. */
  readonly maxEvents?: number;
  readonly maxBytes?: number;
}

/** An answer, or the wish that there be none: the connection is to be dropped. */
export type EndpointAnswer = CompleteAnswer | 'reset';

type ResultEntry = { event_id: string | null; status: string; error?: string };

/**
 * The batch protocol (docs/protocol.md) over a sink: takes one request body, already
 * decoded, and gives the answer a server would. Synchronous, one transaction.
 */
export class BatchEndpoint {
  readonly #sink: Sink;
  readonly #conduct: () => Conduct;
  readonly #rules: EndpointRules;
  readonly #now: () => number;

  constructor(sink: Sink, conduct: () => Conduct, rules: EndpointRules = {}, now = Date.now) {
    this.#sink = sink;
    this.#conduct = conduct;
    this.#rules = rules;
    this.#now = now;
  }

  receive(body: Buffer): EndpointAnswer {
    const elements = readBatch(body);
    if (elements === undefined) return this.#refuse(0, 400, 'the body is no {"events":[…]}');
    const oversize = this.#oversize(elements.length, body.length);
    if (oversize !== undefined) return this.#refuse(elements.length, 413, oversize);
    const conduct = this.#conduct();
    switch (conduct.kind) {
      case 'fail':
        return this.#refuse(elements.length, conduct.status, 'the stub was told to fail');
      case 'reset':
        this.#store(conduct.store ? elements : [], elements.length, null);
        return 'reset';
      case 'serve':
        return this.#serve(elements, conduct.status);
    }
  }

  /** Logs a POST whose body could not even be read. */
  refuseUnread(status: number, error: string): CompleteAnswer {
    return this.#refuse(0, status, error);
  }

  #oversize(events: number, bytes: number): string | undefined {
    const { maxEvents = Number.POSITIVE_INFINITY, maxBytes = Number.POSITIVE_INFINITY } =
      this.#rules;
    if (events > maxEvents) return `too large: ${events} events, at most ${maxEvents}`;
    if (bytes > maxBytes) return `too large: ${bytes} bytes, at most ${maxBytes}`;
    return undefined;
  }

  #serve(elements: readonly BatchElement[], status: number): CompleteAnswer {
    const times = this.#store(elements, elements.length, status);
    const results = elements.map((element) => this.#result(element, times));
    return jsonAnswer(status, { results });
  }

  #result(element: BatchElement, times: Iterator<number>): ResultEntry {
    const { eventId } = element;
    if (eventId === undefined)
      return { event_id: null, status: 'rejected', error: 'no event_id in this event' };
    if (this.#rejects(element))
      return { event_id: eventId, status: 'rejected', error: `type ${element.eventType} refused` };
    return { event_id: eventId, status: times.next().value === 1 ? 'success' : 'duplicate' };
  }

  #rejects({ eventType }: BatchElement): boolean {
    return eventType !== undefined && this.#rules.rejectTypes?.includes(eventType) === true;
  }

  #refuse(events: number, status: number, error: string): CompleteAnswer {
    this.#store([], events, status);
    return jsonAnswer(status, { error });
  }

  /** The counts of those stored, in their order, for `#result` to take one by one. */
  #store(
    elements: readonly BatchElement[],
    events: number,
    status: number | null,
  ): Iterator<number> {
    const accepted = elements.filter(
      (element): element is ReceivedEvent => isIdentified(element) && !this.#rejects(element),
    );
    const post = { receivedAt: this.#now(), events, stored: accepted.length, status };
    return this.#sink.receive(accepted, post)[Symbol.iterator]();
  }
}

function isIdentified(element: BatchElement): element is ReceivedEvent {
  return element.eventId !== undefined;
}

/** A 204, 205 or 304 carries no body; everything else carries this document. */
export function jsonAnswer(status: number, document: object): CompleteAnswer {
  const bodiless = status === 204 || status === 205 || status === 304;
  return {
    status,
    headers: bodiless ? {} : { 'content-type': 'application/json' },
    body: bodiless ? Buffer.alloc(0) : Buffer.from(JSON.stringify(document)),
  };
}

/** One element of a batch; without an id when it has no usable one. */
export interface BatchElement extends Partial<ReceivedEvent> {
  readonly eventId?: string;
  readonly eventType?: string;
  readonly bytes: Buffer;
}

const USUAL_START = Buffer.from('{"events":[');

/**
 * Reads `{"events":[…]}`: each element with its raw bytes out of the body.
 * Undefined when the body is anything else.
 */
export function readBatch(body: Buffer): BatchElement[] | undefined {
  const value = parseJson(body.toString('utf8'));
  if (!isJsonObject(value) || !Array.isArray(value.events)) return undefined;
  const events: unknown[] = value.events;
  const slices = rawElements(body);
  if (slices?.length !== events.length) return undefined;
  return slices.map((bytes, index) => ({ ...identity(events[index]), bytes }));
}

/**
 * The usual body is read in one scan. The general way needs two, one to find
 * the last `events` of several.
 */
function rawElements(body: Buffer): Buffer[] | undefined {
  const { length } = USUAL_START;
  if (!body.subarray(0, length).equals(USUAL_START)) return memberArrayElements(body, 'events');
  const { ranges, end } = arrayElements(body, length - 1);
  if (body.toString('latin1', end).trim() !== '}') return memberArrayElements(body, 'events');
  return ranges.map(([start, stop]) => body.subarray(start, stop));
}

function identity(event: unknown): { eventId?: string; eventType?: string } {
  if (!isJsonObject(event)) return {};
  const { event_id: eventId, event_type: eventType } = event;
  return {
    ...(typeof eventId === 'string' && eventId !== '' && { eventId }),
    ...(typeof eventType === 'string' && { eventType }),
  };
}
