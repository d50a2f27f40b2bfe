// Takes orders over HTTP. An order is answered when its event is on disk, and
// events leave in the background, whether or not the target is up.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { openRedrain } from 'redrain';

const DRAIN_EVERY_MS = Number(process.env.DRAIN_EVERY_MS ?? 1_000);

/** @type {string | null} */
let obstacle = null;
const redrain = await openRedrain();
const stopping = new AbortController();
const server = createServer((request, response) => {
  take(request, response).catch((error) => {
    console.error(error);
    reply(response, 500, { error: 'the order could not be kept, send it again' });
  });
});
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
server.listen(Number(process.env.PORT ?? 8000), '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') console.log(`listening on ${address.port}`);
});

// Answers under way and the batch in flight first, the journal last.
await Promise.all([once(server, 'close'), drainUntilStopped()]);
await redrain.close();
console.log('stopped');

function stop() {
  stopping.abort();
  server.close();
  server.closeIdleConnections();
}

/**
 * Calls that overlap share one fsync: the more come at a time, the cheaper each.
 *
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 */
async function take(request, response) {
  if (request.method !== 'POST') return reply(response, 405, { error: 'POST an order' });
  const id = randomUUID();
  await redrain.capture({ event_id: id, event_type: 'OrderPlaced', order: await text(request) });
  reply(response, 202, { event_id: id });
}

/**
 * @param {import('node:http').ServerResponse} response
 * @param {number} status
 * @param {object} document
 */
function reply(response, status, document) {
  // A connection that is kept for more requests would hold up the end.
  if (stopping.signal.aborted) response.setHeader('connection', 'close');
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(document));
}

/** The events are safe whatever happens here: a pass that fails is made again. */
async function drainUntilStopped() {
  const { signal } = stopping;
  while (!signal.aborted) {
    await drainOnce(signal).catch((error) => console.error(error.message));
    await pause(DRAIN_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

/**
 * Honours backoff, as whoever asks again and again must. The signal lets the
 * batch in flight finish and be recorded.
 *
 * @param {AbortSignal} signal
 */
async function drainOnce(signal) {
  const report = await redrain.drain({ honourBackoff: true, waitForLock: false, signal });
  if (report.delivered > 0) console.log(`delivered ${report.delivered}`);
  // What stands in the way stays the same for long: once is enough.
  if (report.message !== null && report.message !== obstacle) console.error(report.message);
  obstacle = report.message;
}
