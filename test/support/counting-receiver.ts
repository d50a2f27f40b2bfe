import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { idsIn } from '../receivers/scripted-server.js';
import { closeAfterTest } from './temporary-home.js';

/** A receiver on loopback that counts what arrives, and answers at once or when the test says so. */
export interface CountingReceiver {
  readonly url: string;
  /** Ids of every post, in order of arrival. */
  readonly posts: readonly (readonly string[])[];
  /** Ids that were accepted, in order. */
  readonly accepted: readonly string[];
  /** Resolves when this many posts have arrived. */
  arrived(count: number): Promise<void>;
  /** From now on answers wait for `release`. */
  hold(): void;
  release(): void;
  /** A batch with one of these is refused as a whole. */
  isPoison: (id: string) => boolean;
}

export async function countingReceiver(): Promise<CountingReceiver> {
  const posts: string[][] = [];
  const accepted: string[] = [];
  const waiting: (() => void)[] = [];
  const watchers: { count: number; tell: () => void }[] = [];
  let isHeld = false;
  const server = http.createServer(async (request, response) => {
    const ids = idsIn(await bodyOf(request));
    if (request.method !== 'POST') return void response.writeHead(404).end();
    posts.push(ids);
    for (const { count, tell } of watchers) if (posts.length >= count) tell();
    if (isHeld) await new Promise<void>((resolve) => waiting.push(resolve));
    if (ids.some((id) => given.isPoison(id)))
      return void response.writeHead(400).end('{"error":"bad batch"}');
    accepted.push(...ids);
    const results = ids.map((id) => ({ event_id: id, status: 'success' }));
    response.end(JSON.stringify({ results }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closeAfterTest(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const given: CountingReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/in`,
    posts,
    accepted,
    isPoison: () => false,
    arrived: (count) =>
      posts.length >= count
        ? Promise.resolve()
        : new Promise((tell) => watchers.push({ count, tell })),
    hold() {
      isHeld = true;
    },
    release() {
      isHeld = false;
      for (const answer of waiting.splice(0)) answer();
    },
  };
  return given;
}

async function bodyOf(request: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const raw = Buffer.concat(chunks);
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
}
