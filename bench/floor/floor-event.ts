/** What the rows of an event say, and its bytes. */
export interface FloorEvent {
  readonly eventId: string;
  readonly eventType: string;
  readonly projectUuid: string;
  readonly timestamp: string;
  readonly bytes: Buffer;
}

interface Envelope {
  readonly event_id: string;
  readonly event_type: string;
  readonly project_uuid: string;
  readonly timestamp: string;
}

/** Reads an envelope in the plainest way there is, without any check. */
export function readFloorEvent(bytes: Buffer): FloorEvent {
  const envelope = JSON.parse(bytes.toString()) as Envelope;
  return {
    eventId: envelope.event_id,
    eventType: envelope.event_type,
    projectUuid: envelope.project_uuid,
    timestamp: envelope.timestamp,
    bytes,
  };
}
