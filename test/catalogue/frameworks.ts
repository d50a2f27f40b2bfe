import http, { type IncomingMessage, type RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import { getRequestListener } from '@hono/node-server';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import Koa from 'koa';
import { onLoopback, type Settings, Stored } from './receiver.js';

/** What a request of each path brings, as the handler of any framework gets it. */
type Header = (name: string) => string | undefined;

interface Taken {
  readonly status: number;
  readonly body: object;
}

type Json = Record<string, unknown>;

/** What the handlers of all frameworks do with a parsed body: one function for each path. */
const TAKE: Record<string, (body: unknown, header: Header, stored: Stored) => Taken> = {
  '/batch': (body, _, stored) => {
    const results = (body as { events: Json[] }).events.map(({ event_id }) => ({
      event_id,
      status: stored.addOnce(String(event_id)) ? 'success' : 'duplicate',
    }));
    return { status: 200, body: { results } };
  },
  '/webhook': (body, header, stored) => takeOne(header('webhook-id'), (body as Json).index, stored),
  '/structured': (body, _, stored) =>
    takeOne((body as Json).id, (body as Json).specversion, stored),
  '/binary': (body, header, stored) => takeOne(header('ce-id'), (body as Json).index, stored),
  '/cloudevents-batch': (body, _, stored) => {
    for (const { id } of body as Json[]) stored.addOnce(String(id));
    return { status: 202, body: {} };
  },
  '/lines': (body, _, stored) => {
    for (const line of (body as string).split('\n').filter(Boolean))
      stored.addOnce(String((JSON.parse(line) as Json).event_id));
    return { status: 202, body: {} };
  },
  '/json': (body, _, stored) => {
    for (const { event_id: id } of body as Json[]) stored.addOnce(String(id));
    return { status: 202, body: {} };
  },
};

/** The path of each format, and the settings that a person would give for it. */
export const ROUTES: readonly (readonly [path: string, settings: Settings])[] = [
  ['/batch', { format: 'batch' }],
  ['/webhook', { format: 'webhook' }],
  ['/structured', { format: 'cloudevents', mode: 'structured' }],
  ['/binary', { format: 'cloudevents', mode: 'binary' }],
  ['/cloudevents-batch', { format: 'cloudevents', mode: 'batch' }],
  ['/lines', { format: 'lines' }],
  ['/json', { format: 'json' }],
];

/** A member of the body has to be there as well: an unread body is not a delivery. */
function takeOne(id: unknown, member: unknown, stored: Stored): Taken {
  if (typeof id !== 'string' || member === undefined) return { status: 400, body: { error: 'no' } };
  stored.addOnce(id);
  return { status: 200, body: { received: true } };
}

/** Types of JSON that the parsers of express and fastify have to be told of. */
const CLOUDEVENTS = ['application/cloudevents+json', 'application/cloudevents-batch+json'];
const LINES = 'application/x-ndjson';

/** express 5: body parsers with their defaults, which inflate and stop at 100 KB. */
function expressApp(stored: Stored): RequestListener {
  const app = express();
  // What a handler throws is answered with 500; on the console it would only hide the test's own words.
  app.set('env', 'test');
  app.use(express.json());
  app.use(express.json({ type: CLOUDEVENTS }));
  app.use(express.text({ type: LINES }));
  for (const [path, take] of Object.entries(TAKE))
    app.post(path, (request, response) => {
      const taken = take(request.body, (name) => request.get(name), stored);
      response.status(taken.status).json(taken.body);
    });
  return app;
}

/** koa has no parser: the body is read by hand, and is not inflated. */
function koaApp(stored: Stored): RequestListener {
  const app = new Koa();
  app.use(async (context) => {
    const take = TAKE[context.path];
    if (take === undefined) return;
    const body = await text(context.req);
    const parsed: unknown = context.is(LINES) ? body : JSON.parse(body);
    const taken = take(parsed, (name) => context.get(name), stored);
    context.status = taken.status;
    context.body = taken.body;
  });
  // Errors are answered with 500; on the console they would only hide those of the test.
  app.silent = true;
  return app.callback();
}

/** hono: what a request says about its encoding is left to the application. */
function honoApp(stored: Stored): RequestListener {
  const app = new Hono();
  app.onError((_, context) => context.text('Internal Server Error', 500));
  for (const [path, take] of Object.entries(TAKE))
    app.post(path, async (context) => {
      const body: unknown = await (path === '/lines' ? context.req.text() : context.req.json());
      const taken = take(body, (name) => context.req.header(name), stored);
      return context.json(taken.body, taken.status as 200);
    });
  return getRequestListener(app.fetch);
}

/** fastify 5: takes application/json up to 1 MiB, other types when it is told how. */
async function fastifyApp(stored: Stored): Promise<RequestListener> {
  const app = fastify();
  app.addContentTypeParser(
    CLOUDEVENTS,
    { parseAs: 'string' },
    app.getDefaultJsonParser('error', 'error'),
  );
  app.addContentTypeParser(LINES, { parseAs: 'string' }, (_, body, done) => done(null, body));
  for (const [path, take] of Object.entries(TAKE))
    app.post(path, (request, reply) => {
      const header = (name: string) => request.headers[name] as string | undefined;
      const taken = take(request.body, header, stored);
      reply.status(taken.status).send(taken.body);
    });
  await app.ready();
  return (request, response) => app.routing(request, response);
}

/** Frameworks with their defaults, and the handlers that a person would write. */
const FRAMEWORKS = {
  express: expressApp,
  fastify: fastifyApp,
  hono: honoApp,
  koa: koaApp,
} as const;

export type FrameworkName = keyof typeof FRAMEWORKS;
export const FRAMEWORK_NAMES = Object.keys(FRAMEWORKS) as FrameworkName[];

export interface RunningFramework {
  readonly url: string;
  readonly stored: Stored;
  /** The headers of every request, in order. */
  readonly headers: readonly IncomingMessage['headers'][];
}

/** Serves an application on a free port of loopback, until the test ends. */
export async function startFramework(name: FrameworkName): Promise<RunningFramework> {
  const stored = new Stored();
  const headers: IncomingMessage['headers'][] = [];
  const listener = await FRAMEWORKS[name](stored);
  const server = http.createServer((request, response) => {
    headers.push(request.headers);
    listener(request, response);
  });
  const port = await onLoopback(server);
  return { url: `http://127.0.0.1:${port}`, stored, headers };
}
