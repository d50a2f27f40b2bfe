import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { SIGNED_IN } from '../processes/given-events.js';
import type { RawAnswer, ScriptedAnswer } from '../receivers/scripted-server.js';
import { eventServer, said } from '../support/event-server.js';
import { Machine } from '../support/machine.js';
import { rounds } from '../support/rounds.js';

const page = { status: 200, body: '<!doctype html><title>Welcome</title>' };
const halfGzip = {
  status: 200,
  headers: { 'content-encoding': 'gzip' },
  body: gzipSync('{"sync_ingress":{}}').subarray(0, 12),
};

/** What a server may say to the question after its health: anything but "no". */
const SILENCES: readonly [what: string, answer: ScriptedAnswer | RawAnswer][] = [
  ['it has no such endpoint', { status: 404 }],
  ['it forbids the method', { status: 405 }],
  ['it does not know us there', { status: 401 }],
  ['it fails', said(500, { private_teamspace: false })],
  ['a gateway fails', { status: 502, body: '<html>Bad Gateway</html>' }],
  ['it shows a web page', page],
  ['it sends us elsewhere', { status: 302, headers: { location: 'http://127.0.0.1:9/login' } }],
  ['it says nothing', { status: 204 }],
  ['it answers a list', said(200, [])],
  ['it answers rubbish', said(200, { sync_ingress: 'none', private_teamspace: 'no' })],
  ['it advertises limits nobody can mean', said(200, limits(0, -1))],
  ['its text is cut off', halfGzip],
  ['it hangs up', (socket) => socket.destroy()],
  // The product waits five seconds for this one.
  ...new Array(rounds(0, 1)).fill(['it never answers', () => undefined] as const),
];

function limits(max_events_per_batch: number, max_decompressed_bytes_per_batch: number): object {
  return { sync_ingress: { limits: { max_events_per_batch, max_decompressed_bytes_per_batch } } };
}

describe('incident 13: nothing delivered because an optional endpoint was missing', () => {
  it(`a server is given events though, asked after its health, ${SILENCES.length} kinds of silence follow`, async () => {
    const server = await eventServer();
    const machine = new Machine(SIGNED_IN).configure(
      `[sync]\nserver_url = "${server.url}"\n[sync.projects]\nunassigned = "allow"\n`,
    );
    const redrain = machine.open();
    for (const [i, [what, answer]] of SILENCES.entries()) {
      server.otherwise = () => answer;
      await redrain.capture({ event_id: `e${i}`, event_type: 'T' });
      const report = await redrain.drain();
      expect(report, what).to.include({ delivered: 1, blocked_reason: null, transient: 0 });
    }
    const asked = server.paths.filter((path) => path === '/api/v1/sync/health/');
    expect(asked, 'it was asked each time').to.have.length(SILENCES.length);
  });

  it('what it does offer is made use of', async () => {
    const server = await eventServer();
    server.otherwise = () => said(200, limits(10, 100_000));
    const machine = new Machine(SIGNED_IN).configure(
      `[sync]\nserver_url = "${server.url}"\n[sync.projects]\nunassigned = "allow"\n`,
    );
    const redrain = machine.open();
    await redrain.captureMany(
      Array.from({ length: 18 }, (_, i) => ({ event_id: `e${i}`, event_type: 'T' })),
    );
    await redrain.drain();
    expect(server.posts.map((ids) => ids.length)).to.deep.equal([9, 9]);
  });
});
