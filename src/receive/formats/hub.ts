import { isUtf8 } from 'node:buffer';
import {
  CARRIED,
  EDGE_HEADER,
  type HubHead,
  type HubOrigin,
  type HubRow,
  headFault,
} from '../../edges/hub-head.js';
import { CLOSE_BRACE, OPEN_BRACKET } from '../../json/ascii.js';
import { arrayElements } from '../../json/elements.js';
import { endOfValue, skipSpace } from '../../json/scan.js';
import { topLevelMembers } from '../../json/top-level.js';
import type { DecodedRequest, KnownShape } from '../formats.js';
import { parseBounded } from '../json-body.js';
import { assertCount } from '../limits.js';
import type { ReceivedEvent, RequestElement } from '../received-event.js';
import { badRequest } from '../refusal.js';
import { generationOf, isJsonObject } from './fields.js';

/** An event of an edge; `bytes` are those that it has there. */
export interface HubEvent extends ReceivedEvent {
  readonly format: 'hub';
  readonly head: HubHead;
  /** What the head says of this event. */
  readonly row: HubRow;
  /** Why no other receiver may be given it, or null. */
  readonly undeliverable: string | null;
}

export const isHubEvent = (event: ReceivedEvent): event is HubEvent => event.format === 'hub';

/** A batch that says who sends it. */
export const HUB_SHAPE: KnownShape = {
  format: 'hub',
  isSingle: false,
  recognises: (_, headers) => headers.has(EDGE_HEADER),
  read: readHub,
};

/** Reads a request of the format `hub`. Its events are parsed by whoever takes them. */
function readHub({ headers, body, limits }: DecodedRequest): RequestElement[] {
  if (!isUtf8(body)) throw badRequest('the body is not UTF-8');
  const { hub, ranges } = partsOf(body);
  assertCount(ranges.length, limits);
  const head = parseBounded(hub, limits, 'the member hub');
  const fault = headFault(head, ranges.length);
  if (fault !== undefined) throw badRequest(fault);
  const { home, events } = head as HubHead;
  if (home !== headers.get(EDGE_HEADER))
    throw badRequest(`the header ${EDGE_HEADER} names another home than hub.home`);
  const generation = generationOf(headers);
  return events.map((row, at) => {
    const [start, end] = ranges[at] ?? [0, 0];
    return elementOf(row, body.subarray(start, end), head as HubHead, generation);
  });
}

const USUAL_START = Buffer.from('{"hub":');
const USUAL_MIDDLE = Buffer.from(',"events":[');

interface Parts {
  readonly hub: Buffer;
  readonly ranges: readonly (readonly [start: number, end: number])[];
}

/** Head, and where the events stand. The body that an edge sends is read in one scan. */
function partsOf(body: Buffer): Parts {
  const isUsual = body.subarray(0, USUAL_START.length).equals(USUAL_START);
  const headEnd = isUsual ? endOfValue(body, USUAL_START.length) : 0;
  const listAt = headEnd + USUAL_MIDDLE.length - 1;
  if (!isUsual || !body.subarray(headEnd, listAt + 1).equals(USUAL_MIDDLE)) return anyPartsOf(body);
  const { ranges, end } = arrayElements(body, listAt);
  assertWhole(body, end);
  return { hub: body.subarray(USUAL_START.length, headEnd), ranges };
}

function anyPartsOf(body: Buffer): Parts {
  const members = new Map(topLevelMembers(body).map((member) => [member.key, member]));
  const [hub, events] = [members.get('hub'), members.get('events')];
  if (hub === undefined || events === undefined || body[events.valueStart] !== OPEN_BRACKET)
    throw badRequest('the body is not {"hub":{…},"events":[…]}');
  assertWhole(body, Math.max(hub.valueEnd, events.valueEnd));
  const { ranges } = arrayElements(body, events.valueStart);
  return { hub: body.subarray(hub.valueStart, hub.valueEnd), ranges };
}

function assertWhole(body: Buffer, end: number): void {
  const close = skipSpace(body, end);
  if (body[close] !== CLOSE_BRACE || skipSpace(body, close + 1) < body.length)
    throw badRequest('the body is not {"hub":{…},"events":[…]}');
}

function elementOf(row: HubRow, slice: Buffer, head: HubHead, generation: number): RequestElement {
  const [, place, id, , carried] = row;
  const payload = carried === CARRIED.bare ? { bytes: slice } : unwrapped(slice, carried);
  if (payload === undefined) return { id, reason: 'its envelope has no payload' };
  const type = (head.origins[place] as HubOrigin)[3];
  const { bytes, undeliverable = null } = payload;
  // One literal: each copy of an object costs as much as parsing the event.
  const event: HubEvent = {
    id,
    type,
    data: undefined,
    bytes,
    format: 'hub',
    generation,
    head,
    row,
    undeliverable,
  };
  return event;
}

function unwrapped(
  slice: Buffer,
  carried: HubRow[4],
): { readonly bytes: Buffer; readonly undeliverable?: string } | undefined {
  const envelope = parsed(slice);
  if (!isJsonObject(envelope)) return undefined;
  const { payload_base64: encoded, undeliverable } = envelope;
  const said = typeof undeliverable === 'string' ? { undeliverable } : {};
  if (carried === CARRIED.base64)
    return typeof encoded === 'string'
      ? { bytes: Buffer.from(encoded, 'base64'), ...said }
      : undefined;
  const member = topLevelMembers(slice).findLast(({ key }) => key === 'payload');
  return member && { bytes: slice.subarray(member.valueStart, member.valueEnd), ...said };
}

function parsed(slice: Buffer): unknown {
  try {
    return JSON.parse(slice.toString('utf8'));
  } catch {
    return undefined;
  }
}
