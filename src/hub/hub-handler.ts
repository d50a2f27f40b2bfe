import type { Taking } from '../app/receive/taking.js';
import { failure, refusalAnswer, toResponse } from '../receive/answer.js';
import { HUB_SHAPE } from '../receive/formats/hub.js';
import { type HandlerParts, type RequestSummary, receive } from '../receive/handler.js';
import type { ReceiverLimits } from '../receive/limits.js';
import { Refusal } from '../receive/refusal.js';
import { Room } from '../receive/room.js';
import type { Admission, Sender } from './admission.js';
import { WorkLimit, type WorkLimits } from './work-limit.js';

export interface HubHandlerOptions {
  readonly taking: Taking;
  readonly admission: Admission;
  readonly limits: ReceiverLimits;
  readonly work: WorkLimits;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Why events cannot be taken, one reason a line; empty when they can. */
  readonly notReady: () => Promise<readonly string[]>;
  /** Told of each request that brought events, or was meant to. */
  readonly onRequest: (summary: Pick<RequestSummary, 'status'> & Partial<RequestSummary>) => void;
  /** Told of what nobody expected; the sender learns only that there was something. */
  readonly onError: (error: unknown) => void;
}

/** Who sends is known by a token, before its body is read. */
const CHECKED = { checkHead: () => undefined, checkBody: () => undefined };

const TEXT = { 'content-type': 'text/plain' };

/** The requests of a hub: events by POST on any path; whether it is alive and ready. */
export class HubHandler {
  readonly #options: HubHandlerOptions;
  readonly #work: WorkLimit;
  readonly #room: Room;

  constructor(options: HubHandlerOptions) {
    this.#options = options;
    this.#work = new WorkLimit(options.work);
    this.#room = new Room(options.limits);
  }

  get requestsInWork(): number {
    return this.#work.requests;
  }

  /** Never rejects. */
  async handle(request: Request): Promise<Response> {
    if (request.method === 'GET' || request.method === 'HEAD') {
      const { pathname } = new URL(request.url);
      if (pathname === '/healthz') return new Response('ok\n', { headers: TEXT });
      if (pathname === '/readyz') return this.#ready();
    }
    return this.#events(request);
  }

  /** Nothing of the reasons: whoever reaches this port may ask. */
  async #ready(): Promise<Response> {
    const isReady = (await this.#options.notReady()).length === 0;
    const text = isReady ? 'ready\n' : 'not ready\n';
    return new Response(text, { status: isReady ? 200 : 503, headers: TEXT });
  }

  async #events(request: Request): Promise<Response> {
    const leave: (() => void)[] = [];
    try {
      leave.push(this.#work.enter());
      const sender = await this.#options.admission.admit(request.headers);
      if (sender.name !== null) leave.push(this.#work.enterFor(sender.name));
      const { answer, summary } = await receive(request, this.#parts(request, sender));
      this.#options.onRequest(summary);
      return toResponse(answer);
    } catch (error) {
      return this.#refused(error);
    } finally {
      for (const one of leave) one();
    }
  }

  #refused(error: unknown): Response {
    const isRefusal = error instanceof Refusal;
    if (!isRefusal) this.#options.onError(error);
    const answer = isRefusal ? refusalAnswer(error) : failure();
    this.#options.onRequest({ status: answer.status });
    return toResponse(answer);
  }

  #parts({ headers }: Request, { name }: Sender): HandlerParts {
    const { taking, limits, now, onError } = this.#options;
    return {
      authentication: CHECKED,
      limits,
      room: this.#room,
      shapes: [HUB_SHAPE],
      take: (events) => taking.take(events, { headers, name, receivedAt: now() }),
      onError,
    };
  }
}
