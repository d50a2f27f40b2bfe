import type { AnswerWarning, Outcome } from '../../dispatch/ports.js';
import type { Redactor } from '../redact.js';
import { isJsonObject, type JsonObject } from './answer-body.js';
import { firstShown } from './shown.js';

/**
 * The entries of a server's list by the sent id they name, exactly. Entries
 * that are not objects, and ids that are not strings or were not sent, are
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
 * since receivers dedupe. Other ids that are not strings are merely ignored.
 */
export function hasGarbledId(entry: unknown): boolean {
  if (!isJsonObject(entry)) return false;
  return typeof entry.event_id === 'object' && entry.event_id !== null;
}

/** Results for events that were not sent: they are ignored, and reported. */
export interface StrayEntries {
  readonly warnings: readonly AnswerWarning[];
  /** Sent ids that came back in another spelling of upper and lower case. */
  readonly otherwiseSpelled: ReadonlySet<string>;
}

/** Linear in the number of results. */
export function strayEntries(
  sentIds: readonly string[],
  entries: readonly unknown[],
): StrayEntries {
  const sent = new Set(sentIds);
  const ids = entries.map((entry) => (isJsonObject(entry) ? entry.event_id : undefined));
  const noObjects = entries.filter((entry) => !isJsonObject(entry)).length;
  const unsent = ids.filter((id, i) => isJsonObject(entries[i]) && !isSent(id, sent));
  const otherwiseSpelled = unsent.length === 0 ? new Set<string>() : spelled(sentIds, unsent);
  const warnings = [
    { message: 'results that are not objects are ignored', count: noObjects },
    { message: 'results for ids that were not sent are ignored', count: unsent.length },
    {
      message: 'ids came back in another upper and lower case than sent: they are compared exactly',
      count: otherwiseSpelled.size,
    },
  ];
  return { warnings: warnings.filter(({ count }) => count > 0), otherwiseSpelled };
}

const isSent = (id: unknown, sent: ReadonlySet<string>): boolean =>
  typeof id === 'string' && sent.has(id);

function spelled(sentIds: readonly string[], unsent: readonly unknown[]): Set<string> {
  const folded = new Set(unsent.flatMap((id) => (typeof id === 'string' ? id.toLowerCase() : [])));
  return new Set(sentIds.filter((id) => folded.has(id.toLowerCase())));
}

/** Categories of a rejection that no retry will change, but only an operator (docs/protocol.md). */
const TERMINAL_CATEGORIES = new Set([
  'project_not_admitted',
  'project_not_consented',
  'project_refused',
]);
const CATEGORY_MEMBERS = ['error_category', 'category', 'code'];

/** An entry that refuses one event: rejected, or terminal when its category says so. */
export function rejection(
  entry: JsonObject,
  reasonMembers: readonly string[],
  fallback: string,
  redact: Redactor,
): Outcome {
  const category = terminalCategory(entry);
  const reason = firstShown(entry, reasonMembers, redact) ?? category ?? fallback;
  return { kind: category === undefined ? 'rejected' : 'terminal_failed', reason };
}

function terminalCategory(entry: JsonObject): string | undefined {
  return CATEGORY_MEMBERS.map((name) => entry[name])
    .filter((value) => typeof value === 'string')
    .map((value) => value.trim().toLowerCase())
    .find((value) => TERMINAL_CATEGORIES.has(value));
}
