import type { IncomingMessage, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { readsFrom } from './body.js';
import type { ReceiverHandler } from './handler.js';

/** Answers one request of a node:http server, and of what is built on one. */
export type NodeListener = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>;

/** For `http.createServer(toNode(handler))`. */
export function toNode(handler: ReceiverHandler): NodeListener {
  return nodeListener(handler);
}

/** Hands the handler each request, and the message of node:http that it came in. */
export function nodeListener(
  handler: (request: Request, incoming: IncomingMessage) => Promise<Response>,
): NodeListener {
  const answer = (request: Request, { incoming }: { incoming: unknown }): Promise<Response> => {
    const message = incoming as IncomingMessage;
    if (!('rawBody' in message)) readsFrom(request, message);
    return handler(request, message);
  };
  // A request without a host, as HTTP/1.0 allows, is for this one.
  return getRequestListener(answer, { overrideGlobalObjects: false, hostname: 'localhost' });
}

type ExpressRequest = IncomingMessage & { body?: unknown };

/** For `app.post('/events', toExpress(handler))`, in front of body parsers or with `express.raw`. */
export function toExpress(handler: ReceiverHandler) {
  const listener = toNode(handler);
  return (request: ExpressRequest, response: ServerResponse, next: (error: Error) => void) => {
    if (Buffer.isBuffer(request.body)) withRawBody(request, request.body);
    else if (request.readableDidRead) return next(new Error(BODY_IS_GONE));
    return listener(request, response);
  };
}

const BODY_IS_GONE =
  'redrain/receive needs the bytes of the body, which a parser has read: put its route in front of express.json()';

/** A parser that keeps the bytes has undone their coding, too. */
function withRawBody(request: IncomingMessage, rawBody: Buffer): void {
  const names = request.rawHeaders.map((name, index, all) =>
    index % 2 === 0 ? name : all[index - 1]!,
  );
  const stays = (_: string, index: number) => !/^content-encoding$/i.test(names[index]!);
  request.rawHeaders = request.rawHeaders.filter(stays);
  delete request.headers['content-encoding'];
  Object.assign(request, { rawBody });
}

/** What is needed of a Fastify instance. */
export interface FastifyInstance {
  removeAllContentTypeParsers(): unknown;
  // biome-ignore lint/suspicious/noExplicitAny: Fastify's own types need not be installed
  addContentTypeParser(type: string, parser: (...given: any[]) => void): unknown;
  // biome-ignore lint/suspicious/noExplicitAny: Fastify's own types need not be installed
  post(path: string, route: (...given: any[]) => unknown): unknown;
}

/** For `app.register(toFastify(handler, '/events'))`: the app's own parsers stay as they are. */
export function toFastify(handler: ReceiverHandler, path: string) {
  const listener = toNode(handler);
  return async (app: FastifyInstance): Promise<void> => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (_request, _payload, done) => done(null));
    app.post(path, (request, reply) => {
      reply.hijack();
      return listener(request.raw, reply.raw);
    });
  };
}

/** For `app.post('/events', toHono(handler))`. */
export function toHono(handler: ReceiverHandler) {
  return (context: { readonly req: { readonly raw: Request } }): Promise<Response> =>
    handler(context.req.raw);
}
