import { readEnvelope } from '../journal/envelope.js';
import type { NewEvent } from '../journal/new-event.js';
import { type PayloadFacts, payloadFacts } from '../journal/payload-facts.js';
import type { Conflict, RevisionInForce } from './conflict-store.js';

/** The incoming payload of a conflict as the next revision of its event: the same id, its own bytes. */
export function incomingEvent(conflict: Conflict, current: RevisionInForce): NewEvent {
  const { eventId, incomingBytes: bytes, incomingSha256: sha256 } = conflict;
  const facts = factsOf(conflict);
  return {
    eventId,
    eventType: conflict.incomingType,
    bytes,
    sha256,
    carriesId: facts.carriesId,
    timestamp: facts.timestamp,
    occurredAt: facts.occurredAt,
    capturedAt: conflict.foundAt,
    origin: {
      projectUuid: facts.projectUuid,
      repoSlug: facts.repoSlug,
      checkout: conflict.foundBy === 'import' ? null : current.checkout || null,
    },
    producerUser: current.producerUser,
    producerTeam: facts.teamSlug ?? current.producerTeam,
    blockedReason: null,
    undeliverable: facts.undeliverable,
    coalesceKey: null,
    audit: null,
  };
}

/** A captured event may keep its id elsewhere and still be sent; a row of an old queue file may not. */
function factsOf({ foundBy, incomingBytes, incomingType, eventId }: Conflict): PayloadFacts {
  const facts = payloadFacts(incomingBytes, eventId);
  if (foundBy === 'import') return facts;
  const envelope = readEnvelope(incomingBytes, { type: incomingType, maxEventBytes: Infinity });
  if (!envelope.ok) return { ...facts, undeliverable: null };
  const { timestamp, occurredAt, projectUuid, repoSlug, ownId } = envelope;
  const origin = { projectUuid, repoSlug };
  return {
    ...facts,
    ...origin,
    timestamp,
    occurredAt,
    carriesId: ownId === eventId,
    undeliverable: null,
  };
}
