// Edges that send at once, in a process of their own: each its requests, one after
// the other. Says `ready` when the requests are made, begins with a line on stdin, and ends.
import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import type { OutboundEvent } from '../../src/dispatch/ports.js';
import { formatOf } from '../../src/receivers/formats/formats.js';
import { projectUuids } from '../projects.js';
import { SAMPLE_REPO, type SampleEvent, sampleEvents } from '../sample-events.js';

const [port = '', edges = '8', requests = '1', perRequest = '1'] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: Number(edges) });

interface ComposedPost {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

function post({ body, headers }: ComposedPost): Promise<void> {
  return new Promise((resolve, reject) => {
    const all = { ...headers, 'Content-Length': body.length };
    const sent = httpRequest({ port, host: '127.0.0.1', method: 'POST', agent, headers: all });
    sent.on('error', reject).on('response', (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`status ${answer.statusCode}`));
      answer.resume().on('end', resolve);
    });
    sent.end(body);
  });
}

function outbound(event: SampleEvent, seq: number): OutboundEvent {
  const { eventId, eventType, projectUuid, timestamp, bytes } = event;
  return {
    ...{ seq, eventId, eventType, timestamp, bytes },
    ...{ carriesOwnId: true, isJson: true, undeliverable: null, generation: 1 },
    origin: { projectUuid, repoSlug: SAMPLE_REPO, checkout: null },
    previous: seq - 1,
  };
}

function requestsOf(edge: number, events: readonly SampleEvent[]): ComposedPost[] {
  const sender = { home: `edge-${edge}`, instance: 'i', host: 'bench', stream: 's' };
  const format = formatOf({ format: 'hub', sender });
  const size = Number(perRequest);
  return Array.from({ length: Number(requests) }, (_, at) =>
    format.compose(
      events
        .slice(at * size, (at + 1) * size)
        .map((event, n) => outbound(event, at * size + n + 1)),
    ),
  );
}

const ofEach = Number(requests) * Number(perRequest);
const all = sampleEvents(ofEach * Number(edges), projectUuids(3));
const made = Array.from({ length: Number(edges) }, (_, edge) =>
  requestsOf(edge, all.slice(edge * ofEach, (edge + 1) * ofEach)),
);
process.stdout.write('ready\n');
await once(process.stdin, 'data');
await Promise.all(
  made.map(async (ofOne) => {
    for (const one of ofOne) await post(one);
  }),
);
process.exit(0);
