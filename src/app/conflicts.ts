import {
  type Conflict,
  type ConflictStore,
  type Decision,
  type Keep,
  type RevisionInForce,
  UnknownConflictError,
} from '../conflicts/conflict-store.js';
import { type Difference, payloadDifferences } from '../conflicts/payload-diff.js';
import type { EdgePlace } from '../edges/edge-store.js';
import type { App } from './app.js';

/** One conflict as a list shows it. */
export interface ConflictRow {
  readonly id: number;
  readonly event_id: string;
  readonly found_by: Conflict['foundBy'];
  readonly source_digest: string | null;
  readonly found_in: string | null;
  readonly found_at: string;
  readonly existing_sha: string;
  readonly incoming_sha: string;
  readonly resolved_at: string | null;
  readonly kept: Conflict['kept'];
}

/** A payload to look at; `text` is null where the bytes are not UTF-8 or are gone. */
export interface ShownPayload {
  readonly sha256: string;
  readonly size: number | null;
  readonly text: string | null;
  readonly bytes_base64: string | null;
}

export interface ConflictDetails extends ConflictRow {
  readonly event_type: string;
  readonly incoming_type: string;
  /** The revision in force. */
  readonly journal: ShownPayload & { readonly seq: number; readonly revision: number };
  readonly incoming: ShownPayload;
  /** The homes that sent each side, and under which of their numbers; empty for what was captured here. */
  readonly sent_by: {
    readonly journal: readonly EdgePlace[];
    readonly incoming: readonly EdgePlace[];
  };
  /** Null when the bytes of the journal are gone. */
  readonly differences: readonly Difference[] | null;
}

/** Conflicts to decide, oldest first. Changes nothing. */
export async function readConflicts(
  app: App,
  given: { readonly all: boolean; readonly limit: number },
): Promise<{ count: number; conflicts: ConflictRow[] }> {
  const found = await reading(app, (store) => store.list(given));
  return { count: found?.count ?? 0, conflicts: found?.conflicts.map(rowOf) ?? [] };
}

/** One conflict with both payloads. Changes nothing. @throws UnknownConflictError, AmbiguousConflictError */
export async function readConflict(app: App, reference: string): Promise<ConflictDetails> {
  return app.readingStores(async (stores) => {
    if (stores === undefined) throw new UnknownConflictError(reference);
    const { conflict, inForce } = await stores.conflicts.find(reference);
    const journal = await stores.edges.placesOf(inForce.seq);
    const incoming = await stores.edges.sendersOf(conflict.id);
    return detailsOf(conflict, inForce, { journal, incoming });
  });
}

/** Decides a conflict, or, without `confirmed`, says what would come of it. @throws as `decide`. */
export async function resolveConflict(
  app: App,
  reference: string,
  keep: Keep,
  confirmed: boolean,
): Promise<Decision> {
  if (confirmed) return (await app.stores()).conflicts.decide(reference, keep, app.now());
  const plan = await reading(app, (store) => store.plan(reference, keep));
  if (plan === undefined) throw new UnknownConflictError(reference);
  return plan;
}

/** Undefined where there is no journal. */
function reading<T>(app: App, work: (store: ConflictStore) => Promise<T>): Promise<T | undefined> {
  return app.readingStores(async (stores) => stores && work(stores.conflicts));
}

function rowOf(conflict: Conflict): ConflictRow {
  return {
    id: conflict.id,
    event_id: conflict.eventId,
    found_by: conflict.foundBy,
    source_digest: conflict.sourceDigest,
    found_in: conflict.foundIn,
    found_at: new Date(conflict.foundAt).toISOString(),
    existing_sha: conflict.existingSha256.toString('hex'),
    incoming_sha: conflict.incomingSha256.toString('hex'),
    resolved_at: conflict.resolvedAt === null ? null : new Date(conflict.resolvedAt).toISOString(),
    kept: conflict.kept,
  };
}

function detailsOf(
  conflict: Conflict,
  current: RevisionInForce,
  sentBy: ConflictDetails['sent_by'],
): ConflictDetails {
  const { bytes } = current;
  const isErased = conflict.incomingBytes.length === 0;
  const incoming = isErased ? null : conflict.incomingBytes;
  return {
    ...rowOf(conflict),
    event_type: current.eventType,
    incoming_type: conflict.incomingType,
    journal: { seq: current.seq, revision: current.revision, ...shown(current.sha256, bytes) },
    incoming: shown(conflict.incomingSha256, incoming),
    sent_by: sentBy,
    differences: bytes === null || incoming === null ? null : payloadDifferences(bytes, incoming),
  };
}

function shown(sha256: Buffer, bytes: Buffer | null): ShownPayload {
  const isText = bytes !== null && Buffer.from(bytes.toString('utf8')).equals(bytes);
  return {
    sha256: sha256.toString('hex'),
    size: bytes?.length ?? null,
    text: isText ? bytes.toString('utf8') : null,
    bytes_base64: bytes === null || isText ? null : bytes.toString('base64'),
  };
}
