import {
  failure,
  type ReceiverAnswer,
  refusalAnswer,
  resultsAnswer,
  singleAnswer,
  toResponse,
} from './answer.js';
import type { Authentication } from './authentication.js';
import { readBody } from './body.js';
import { mediaTypeOf, type RequestShape, shapeOf } from './formats.js';
import { assertCount, type ReceiverLimits } from './limits.js';
import {
  type EventVerdict,
  isEvent,
  type ReceivedEvent,
  type ReceivedFormat,
  type RequestElement,
} from './received-event.js';
import { Refusal } from './refusal.js';

/** Takes one HTTP request and returns the answer. Never rejects. */
export type ReceiverHandler = (request: Request) => Promise<Response>;

/** What happened to one request. */
export interface RequestSummary {
  readonly method: string;
  readonly url: string;
  /** Absent when the request was refused before its format was known. */
  readonly format?: ReceivedFormat;
  readonly status: number;
  /** Events in the request. */
  readonly events: number;
  readonly success: number;
  readonly duplicate: number;
  readonly rejected: number;
  /** From the arrival of the head to the answer. */
  readonly elapsedMs: number;
  /** Why the request, or its first rejected event, was refused. */
  readonly reason?: string;
}

export interface HandlerParts {
  readonly authentication: Authentication;
  readonly limits: ReceiverLimits;
  /** Takes the events of one request. Each verdict stands where its event does. */
  readonly take: (
    events: readonly ReceivedEvent[],
    request: Request,
  ) => Promise<readonly EventVerdict[]>;
  /** Told of what nobody expected; the sender learns only that there was something. */
  readonly onError?: (error: unknown, event?: ReceivedEvent) => void;
  readonly onRequest?: (summary: RequestSummary) => void;
}

/** What is known of a request so far. */
interface Progress {
  format?: ReceivedFormat;
  elements?: readonly RequestElement[];
  verdicts?: readonly EventVerdict[];
}

/** Reads a request within bounds, hands its events on, and answers for each. */
export function handlerOf(parts: HandlerParts): ReceiverHandler {
  return async (request) => {
    const startedAt = performance.now();
    const progress: Progress = {};
    const answer = await answered(request, parts, progress);
    const elapsedMs = performance.now() - startedAt;
    told(() => parts.onRequest?.(summary(request, answer, progress, elapsedMs)));
    return toResponse(answer);
  };
}

async function answered(
  request: Request,
  parts: HandlerParts,
  progress: Progress,
): Promise<ReceiverAnswer> {
  try {
    return await receive(request, parts, progress);
  } catch (error) {
    if (error instanceof Refusal) return refusalAnswer(error);
    told(() => parts.onError?.(error));
    return failure();
  }
}

/** What is stored is stored, and is answered for, whatever a listener does. */
export function told(listener: () => void): void {
  try {
    listener();
  } catch {
    // There is nobody left to tell.
  }
}

async function receive(
  request: Request,
  parts: HandlerParts,
  progress: Progress,
): Promise<ReceiverAnswer> {
  const { shape, elements } = await readRequest(request, parts, progress);
  progress.elements = elements;
  const taken = await parts.take(elements.filter(isEvent), request);
  const rest = taken[Symbol.iterator]();
  const verdicts = elements.map((element): EventVerdict => {
    if (!isEvent(element)) return { status: 'rejected', reason: element.reason };
    return rest.next().value ?? { status: 'failed' };
  });
  progress.verdicts = verdicts;
  const [first] = elements;
  return shape.isSingle && first !== undefined
    ? singleAnswer(first, verdicts[0]!)
    : resultsAnswer(elements, verdicts);
}

async function readRequest(
  request: Request,
  { authentication, limits }: HandlerParts,
  progress: Progress,
): Promise<{ shape: RequestShape; elements: readonly RequestElement[] }> {
  const { headers } = request;
  if (request.method !== 'POST') throw new Refusal(405, 'events come by POST', { allow: 'POST' });
  authentication.checkHead(headers);
  const mediaType = mediaTypeOf(headers);
  const shape = shapeOf(mediaType, headers);
  progress.format = shape.format;
  const body = await readBody(request, limits);
  authentication.checkBody(headers, body);
  const elements = shape.read({ headers, mediaType, body, limits });
  assertCount(elements.length, limits);
  return { shape, elements };
}

function summary(
  { method, url }: Request,
  { status, document }: ReceiverAnswer,
  { format, elements = [], verdicts = [] }: Progress,
  elapsedMs: number,
): RequestSummary {
  const count = (wanted: EventVerdict['status']): number =>
    verdicts.filter((verdict) => verdict.status === wanted).length;
  const rejected = verdicts.find((verdict) => verdict.status === 'rejected');
  const reason = (document as { error?: string }).error ?? rejected?.reason;
  return {
    method,
    url,
    ...(format !== undefined && { format }),
    status,
    events: elements.length,
    success: count('success'),
    duplicate: count('duplicate'),
    rejected: count('rejected'),
    elapsedMs,
    ...(reason !== undefined && { reason }),
  };
}
