import type { OutboundEvent } from '../../dispatch/ports.js';
import { type Member, mayHold, topLevelMembers } from '../../json/top-level.js';

/** A longer `source` of an envelope is not taken for one. */
export const LONGEST_SOURCE = 512;

/** RFC 3339, as CloudEvents wants its `time`. */
const TIME = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;
const REQUIRED = ['id', 'source', 'type'];

/** True for bytes that are a whole CloudEvent of version 1 already. They are JSON. */
export function isCloudEvent(bytes: Buffer): boolean {
  if (!mayHold(bytes, 'specversion')) return false;
  const members = membersOf(bytes);
  const text = (name: string) => textOf(bytes, members.get(name));
  return (
    text('specversion')?.startsWith('1.') === true &&
    REQUIRED.every((name) => (text(name) ?? '') !== '')
  );
}

/** Members by their key; of several the last, as any parser has it. */
export function membersOf(bytes: Buffer): Map<string, Member> {
  return new Map(topLevelMembers(bytes).map((member) => [member.key, member]));
}

/** The attributes of an event that is no CloudEvent. */
export function attributesOf(event: OutboundEvent, source: string): Record<string, string> {
  const { eventId, eventType, timestamp } = event;
  return {
    specversion: '1.0',
    id: eventId,
    type: eventType,
    source: sourceIn(event.bytes) ?? source,
    ...(timestamp !== null && TIME.test(timestamp) && { time: timestamp }),
  };
}

/** The payload's own `source`, where it can be a URI-reference. */
function sourceIn(bytes: Buffer): string | undefined {
  if (!mayHold(bytes, 'source')) return undefined;
  const given = textOf(bytes, membersOf(bytes).get('source')) ?? '';
  return given.length <= LONGEST_SOURCE && /^[\x21-\x7e]+$/.test(given) ? given : undefined;
}

function textOf(bytes: Buffer, member: Member | undefined): string | undefined {
  if (member === undefined || bytes[member.valueStart] !== 0x22) return undefined;
  return JSON.parse(bytes.toString('utf8', member.valueStart, member.valueEnd)) as string;
}
