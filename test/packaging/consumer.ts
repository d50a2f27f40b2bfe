// A program that depends on redrain, with a receiver of its own written against
// the published types alone. It is compiled and run where the package was unpacked.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  type CaptureReport,
  type DeliveryReceiver,
  type DrainReport,
  openRedrain,
  type Redrain,
  type StatusDocument,
  VERSION,
} from 'redrain';
import { Event, journalDataSource } from 'redrain/entities';
import { type JobQueue, LitequeQueues } from 'redrain/queue';
import { receiver as receiverOf, sqliteStore, toNode } from 'redrain/receive';

const posts: string[][] = [];

const receiver: DeliveryReceiver = {
  endpoint: 'consumer:',
  limits: { maxEvents: 100, maxBytes: 65_536 },
  closedGate: async () => undefined,
  greet: async () => ({}),
  wireSize: ({ size }) => size + 1,
  unsendable: ({ undeliverable }) => undeliverable ?? undefined,
  deliver: async (batch) => {
    posts.push(batch.map(({ eventId }) => eventId));
    return { outcomes: batch.map(() => ({ kind: 'success' })), httpStatus: 200, bytesSent: 1 };
  },
  close: async () => undefined,
};

const redrain: Redrain = await openRedrain({ receiver: () => receiver });
const captured: CaptureReport = await redrain.captureMany([
  { event_id: 'one', event_type: 'Consumed' },
  '{"event_id":"two","event_type":"Consumed"}',
]);
// @ts-expect-error: a number is not an event, and the published types say so.
await redrain.capture(42).catch(() => undefined);
const drained: DrainReport = await redrain.drain();
const status: StatusDocument = await redrain.status();
await redrain.close();

const home = process.env.REDRAIN_HOME ?? '';
const journal = await journalDataSource(join(home, 'journal.db')).initialize();
const types = await journal.getRepository(Event).find({ order: { seq: 'ASC' } });
await journal.destroy();

const kept: string[] = [];
const handler = receiverOf({
  store: sqliteStore(join(home, 'received.db')),
  onEvent: ({ id }, database) => {
    database.exec('CREATE TABLE IF NOT EXISTS kept (id TEXT)');
    kept.push(id);
  },
});
const server = createServer(toNode(handler)).listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;
for (let time = 0; time < 2; time += 1)
  await fetch(`http://127.0.0.1:${port}/`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"events":[{"event_id":"received"}]}',
  });
server.close();

const queues = await LitequeQueues.open(join(home, 'own-jobs.db'));
const queue: JobQueue = queues.queue('own');
await queue.add('hello', { to: 'you' });
const { waiting } = await queue.getJobCounts();
await queues.close();
console.log(
  JSON.stringify({
    version: VERSION,
    captured: captured.captured,
    delivered: drained.delivered,
    ok: status.ok,
    posts,
    kept,
    types: types.map(({ eventType }) => eventType),
    waiting,
  }),
);
