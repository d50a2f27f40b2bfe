import type { EventVerdict, RequestElement } from './received-event.js';
import type { Refusal } from './refusal.js';

/** An answer before it becomes a Response: status, document, further headers. */
export interface ReceiverAnswer {
  readonly status: number;
  readonly document: object;
  readonly headers?: Readonly<Record<string, string>>;
}

type Element = RequestElement;

/** What is said of a request of many events: a result for each that has one. */
export function resultsAnswer(
  elements: readonly Element[],
  verdicts: readonly EventVerdict[],
): ReceiverAnswer {
  const isSilent = elements.length > 0 && verdicts.every(({ status }) => status === 'failed');
  if (isSilent) return failure();
  const hasNames = elements.some(({ id }) => id !== undefined);
  if (elements.length > 0 && !hasNames)
    return { status: 400, document: { error: firstReason(verdicts) } };
  return { status: 200, document: { results: results(elements, verdicts) } };
}

/** What is said of a request of one event: the status answers. */
export function singleAnswer(element: Element, verdict: EventVerdict): ReceiverAnswer {
  if (verdict.status === 'failed') return failure();
  const document = { results: results([element], [verdict]) };
  if (verdict.status !== 'rejected') return { status: 200, document };
  return { status: 400, document: { error: verdict.reason, ...document } };
}

export function refusalAnswer({ status, message, headers }: Refusal): ReceiverAnswer {
  // What is left of the body is not read: the connection cannot be used again.
  const ends = status === 408 || status === 413;
  return {
    status,
    document: { error: message },
    headers: { ...headers, ...(ends && { connection: 'close' }) },
  };
}

/** Says nothing of the reason: it may hold what is no business of the sender. */
export function failure(): ReceiverAnswer {
  return { status: 500, document: { error: 'the receiver failed; nothing was stored' } };
}

export function toResponse({ status, document, headers = {} }: ReceiverAnswer): Response {
  if (BODILESS.has(status)) return new Response(null, { status, headers });
  const body = JSON.stringify(document);
  return new Response(body, {
    status,
    headers: { 'content-type': 'application/json', ...headers },
  });
}

/** Answers with these carry no body. */
export const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/** An event whose effect failed has no result: its sender tries again. */
function results(elements: readonly Element[], verdicts: readonly EventVerdict[]): object[] {
  return elements.flatMap(({ id = null }, index): object[] => {
    const verdict = verdicts[index];
    if (verdict === undefined || verdict.status === 'failed') return [];
    const { status } = verdict;
    if (status !== 'rejected') return [{ event_id: id, status }];
    return [{ event_id: id, status, error: verdict.reason }];
  });
}

function firstReason(verdicts: readonly EventVerdict[]): string {
  const [verdict] = verdicts;
  return verdict?.status === 'rejected' ? verdict.reason : 'no event can be identified';
}
