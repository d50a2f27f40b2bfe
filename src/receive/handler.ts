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
import { type KnownShape, mediaTypeOf, type RequestShape, shapeOf } from './formats.js';
import { assertCount, type ReceiverLimits } from './limits.js';
import {
  type EventVerdict,
  isEvent,
  type ReceivedEvent,
  type ReceivedFormat,
  type RequestElement,
} from './received-event.js';
import { Refusal } from './refusal.js';
import type { Room, Share } from './room.js';

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
  readonly authentication: Pick<Authentication, 'checkHead' | 'checkBody'>;
  readonly limits: ReceiverLimits;
  readonly room: Room;
  /**
   * Takes the events of one request, which had so many elements. Each verdict
   * stands where its event does.
   *
   * @throws Refusal for an answer to the request as a whole.
   */
  readonly take: (
    events: readonly ReceivedEvent[],
    elements: number,
  ) => Promise<readonly EventVerdict[]>;
  /** Told of what nobody expected; the sender learns only that there was something. */
  readonly onError?: (error: unknown, event?: ReceivedEvent) => void;
  /** Takes a request without a known media type for a batch. Default false. */
  readonly isLenient?: boolean;
  /** Shapes that are looked for before those of the kit. */
  readonly shapes?: readonly KnownShape[];
}

/** What is to be said to a request, and what is to be said about it. */
export interface Received {
  readonly answer: ReceiverAnswer;
  readonly summary: RequestSummary;
}

/** What is known of a request so far. */
interface Progress {
  format?: ReceivedFormat;
  elements?: readonly RequestElement[];
  verdicts?: readonly EventVerdict[];
}

/** A Web-standard handler; `onRequest` is told of each request. */
export function handlerOf(
  parts: HandlerParts,
  onRequest?: (summary: RequestSummary) => void,
): ReceiverHandler {
  return async (request) => {
    const { answer, summary } = await receive(request, parts);
    told(() => onRequest?.(summary));
    return toResponse(answer);
  };
}

/** Reads a request within bounds, hands its events on, and answers for each. Never rejects. */
export async function receive(request: Request, parts: HandlerParts): Promise<Received> {
  const startedAt = performance.now();
  const progress: Progress = {};
  const answer = await answered(request, parts, progress);
  return { answer, summary: summary(request, answer, progress, performance.now() - startedAt) };
}

async function answered(
  request: Request,
  parts: HandlerParts,
  progress: Progress,
): Promise<ReceiverAnswer> {
  const share = parts.room.share();
  try {
    return await taken(request, parts, progress, share);
  } catch (error) {
    if (error instanceof Refusal) return refusalAnswer(error);
    told(() => parts.onError?.(error));
    return failure();
  } finally {
    share.release();
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

async function taken(
  request: Request,
  parts: HandlerParts,
  progress: Progress,
  share: Share,
): Promise<ReceiverAnswer> {
  const { shape, elements } = await readRequest(request, parts, progress, share);
  progress.elements = elements;
  const given = await parts.take(elements.filter(isEvent), elements.length);
  const rest = given[Symbol.iterator]();
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
  { authentication, limits, isLenient = false, shapes }: HandlerParts,
  progress: Progress,
  share: Share,
): Promise<{ shape: RequestShape; elements: readonly RequestElement[] }> {
  const { headers } = request;
  if (request.method !== 'POST') throw new Refusal(405, 'events come by POST', { allow: 'POST' });
  authentication.checkHead(headers);
  const mediaType = mediaTypeOf(headers);
  const shape = shapeOf(mediaType, headers, isLenient, shapes);
  progress.format = shape.format;
  const body = await readBody(request, limits, share);
  authentication.checkBody(headers, body);
  const elements = shape.read({ headers, mediaType, body, limits });
  progress.format = elements.find(isEvent)?.format ?? shape.format;
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
