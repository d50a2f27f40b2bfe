import type { AnswerWarning } from '../../dispatch/ports.js';
import { isJsonObject } from './answer-body.js';

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
    { message: 'results that are no objects are ignored', count: noObjects },
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
