import { createHash } from 'node:crypto';
import type { EdgePlace } from '../../edges/edge-store.js';
import type { Stores } from '../../stores.js';

/** The same without naming them. */
export const UNNAMED_CONFLICT =
  'another content is known for this id: both are kept until one is chosen';

/** Why an event is rejected whose id is known with another content: both sides by digest, and where each is from. */
export async function conflictReason(
  stores: Stores,
  eventId: string,
  bytes: Buffer,
): Promise<string> {
  try {
    const { conflict, inForce } = await stores.conflicts.find(eventId);
    const here = `sha256 ${short(inForce.sha256)}${from(await stores.edges.placesOf(inForce.seq))}`;
    const sent = `sha256 ${short(createHash('sha256').update(bytes).digest())}`;
    return `another content is known for this id: here is ${here}, sent was ${sent}. Both are kept, as conflict ${conflict.id}, until one is chosen`;
  } catch {
    // Several conflicts of one id, or a journal that cannot be read at this moment: the verdict stands.
    return UNNAMED_CONFLICT;
  }
}

const short = (digest: Buffer): string => digest.toString('hex').slice(0, 16);

const from = ([place]: readonly EdgePlace[]): string =>
  place === undefined ? '' : ` from ${place.name ?? place.home}`;
