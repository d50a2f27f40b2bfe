import type { EdgeRequest } from '../../edges/arrival.js';
import { edgeRequestOf, type HubOrigin } from '../../edges/hub-head.js';
import type { CaptureInput } from '../../journal/capture.js';
import { type HubEvent, isHubEvent } from '../../receive/formats/hub.js';
import type { ReceivedEvent } from '../../receive/received-event.js';

/** What is known of the request that events came in. */
export interface IncomingRequest {
  readonly headers: Headers;
  /** The name of its token, or null. */
  readonly name: string | null;
  /** Epoch milliseconds. */
  readonly receivedAt: number;
}

/** Events as they came, for capture. */
export function captureInputs(
  events: readonly ReceivedEvent[],
  request: IncomingRequest,
): CaptureInput[] {
  const ofEdge = events.find(isHubEvent);
  const said = ofEdge && edgeRequestOf(ofEdge.head, request);
  return events.map((event) => {
    if (isHubEvent(event) && said !== undefined) return inputOfEdge(event, said);
    if (event.format === 'webhook') return { bytes: event.bytes, told: { eventId: event.id } };
    if (event.format === 'cloudevents' && request.headers.has('ce-specversion'))
      return { bytes: structured(event) };
    return { bytes: event.bytes };
  });
}

/** As the edge has it: nothing is decided again by the rules of this home. */
function inputOfEdge(event: HubEvent, request: EdgeRequest): CaptureInput {
  const { bytes, head, row, undeliverable } = event;
  const [number, place, eventId, time] = row;
  const [projectUuid, repoSlug, checkout, eventType] = head.origins[place] as HubOrigin;
  const captured = { eventType, time, projectUuid, repoSlug, undeliverable };
  return { bytes, checkout, told: { eventId, captured }, arrival: { request, number } };
}

/**
 * A CloudEvent in binary mode as one object, in an order that does not depend on
 * that of the headers: the same event is the same bytes.
 */
function structured({ attributes = {}, data, bytes }: ReceivedEvent): Buffer {
  const { specversion, id, source, type, ...others } = attributes;
  const sorted = Object.fromEntries(Object.entries(others).sort(([a], [b]) => (a < b ? -1 : 1)));
  const members = JSON.stringify({ specversion, id, source, type, ...sorted });
  if (bytes.length === 0) return Buffer.from(members);
  const open = members.slice(0, -1);
  if (Buffer.isBuffer(data))
    return Buffer.from(`${open},"data_base64":${JSON.stringify(bytes.toString('base64'))}}`);
  return Buffer.concat([Buffer.from(`${open},"data":`), bytes, Buffer.from('}')]);
}
