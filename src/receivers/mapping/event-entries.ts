import { isJsonObject, type JsonObject } from './answer-body.js';

/**
 * The entries of a server's list by the sent id they name, exactly. Entries
 * that are no objects, and ids that are no strings or were not sent, are
 * ignored; of several for one id the last stays (docs/protocol.md).
 */
export function lastEntryById(
  sentIds: readonly string[],
  entries: readonly unknown[],
): Map<string, JsonObject> {
  const sent = new Set(sentIds);
  const byId = new Map<string, JsonObject>();
  for (const entry of entries) {
    if (!isJsonObject(entry)) continue;
    const id = entry.event_id;
    if (typeof id === 'string' && sent.has(id)) byId.set(id, entry);
  }
  return byId;
}

/**
 * True for an entry whose id is a list or an object. A server that mixes those
 * up has lost track of what it was sent, so that none of its results counts
 * (test/receivers/wire-cases.ts); re-posting costs nothing,
 * since receivers dedupe. Other ids that are no strings are merely ignored.
 */
export function hasGarbledId(entry: unknown): boolean {
  if (!isJsonObject(entry)) return false;
  return typeof entry.event_id === 'object' && entry.event_id !== null;
}
