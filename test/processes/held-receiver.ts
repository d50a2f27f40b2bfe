import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { closeAfterTest } from '../support/temporary-home.js';

/** A receiver that answers when the test says so. */
export interface HeldReceiver {
  readonly url: string;
  /** Ids of every post, in order of arrival. */
  readonly posts: string[][];
  /** Resolves when this many posts have arrived, counted from 1. */
  arrived(count: number): Promise<void>;
  /** Answers everything that waits, and whatever comes later at once. */
  release(): void;
}

/** Posts before number `from` are answered at once, the others wait for `release`. */
export async function heldReceiver(from = 1): Promise<HeldReceiver> {
  const posts: string[][] = [];
  const waiting: (() => void)[] = [];
  const watchers = new Set<() => void>();
  let isOpen = false;
  const server = http.createServer(async (request, response) => {
    const ids = await idsOf(request);
    if (request.method !== 'POST') return void response.writeHead(404).end();
    const answer = (): void => void response.end(verdicts(ids));
    posts.push(ids);
    if (isOpen || posts.length < from) answer();
    else waiting.push(answer);
    for (const watch of [...watchers]) watch();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closeAfterTest(() => closed(server));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    posts,
    arrived: (count) =>
      new Promise((resolve) => {
        const watch = (): void => {
          if (posts.length < count) return;
          watchers.delete(watch);
          resolve();
        };
        watchers.add(watch);
        watch();
      }),
    release() {
      isOpen = true;
      for (const answer of waiting.splice(0)) answer();
    },
  };
}

async function idsOf(request: http.IncomingMessage): Promise<string[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const raw = Buffer.concat(chunks);
  if (raw.length === 0) return [];
  const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
  const { events } = JSON.parse(body.toString()) as { events: { event_id: string }[] };
  return events.map(({ event_id }) => event_id);
}

function verdicts(ids: readonly string[]): string {
  return JSON.stringify({ results: ids.map((id) => ({ event_id: id, status: 'success' })) });
}

function closed(server: http.Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
