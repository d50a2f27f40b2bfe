import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { TokenFile } from '../../src/edges/token-file.js';
import { newToken, withToken } from '../../src/edges/tokens.js';
import { CONNECTION_LIMITS, HubServer } from '../../src/hub/hub-server.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';
import { contentsOf, type GivenHub, givenHub } from './given-hub.js';
import { HubProcess } from './hub-process.js';

const one = (id: string): string => `{"events":[{"event_id":"${id}","event_type":"T"}]}`;

describe('a hub under load', () => {
  it('answers 1,000 connections at once, and loses none of their events', async () => {
    const hub = await givenHub();
    const agent = new Agent({ maxSockets: 1_000, keepAlive: true });
    closeAfterTest(() => agent.destroy());
    const statuses = await Promise.all(
      Array.from({ length: 1_000 }, (_, at) => posted(hub, agent, one(`e${at}`))),
    );
    expect(new Set(statuses)).to.deep.equal(new Set([200]));
    expect(contentsOf(hub.app.paths.home)).to.have.length(1_000);
  }).timeout(60_000);

  it('tells whoever is one too many to come again, and is there for them then', async () => {
    const hub = await givenHub({ work: { requests: 1 } });
    const waiting = begun(hub, 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 50\r\n\r\n{');
    await once(waiting, 'connect');
    const refused = await until(
      () => hub.post(one('a')),
      ({ status }) => status === 503,
    );
    expect(refused.retryAfter).to.equal('1');
    expect(refused.body.error).to.match(/too many requests/);
    waiting.destroy();
    await until(
      () => hub.post(one('a')),
      ({ status }) => status === 200,
    );
  });

  it('tells whoever brings too many bytes with others to come again', async () => {
    const limits = { maxBytes: 32 * 1024, maxBytesAtOnce: 1 };
    const hub = await givenHub({ limits });
    const head = `POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${limits.maxBytes}\r\n\r\n`;
    const waiting = begun(hub, head + ' '.repeat(limits.maxBytes - 1));
    const waiting2 = begun(hub, head + ' '.repeat(limits.maxBytes - 1));
    await Promise.all([once(waiting, 'connect'), once(waiting2, 'connect')]);
    const refused = await until(
      () => hub.post(one('a')),
      ({ status }) => status === 503,
    );
    expect(refused.body.error).to.match(/too many bytes/);
    waiting.destroy();
    waiting2.destroy();
    await until(
      () => hub.post(one('a')),
      ({ status }) => status === 200,
    );
  });

  it('cuts off who does not come to the end of a head, or of a body', async () => {
    const connections = { ...CONNECTION_LIMITS, headersMs: 60, requestMs: 200 };
    const hub = await givenHub({ connections, limits: { bodyTimeoutMs: 60 } });
    for (const start of ['POST / HTTP/1.1\r\nhost', POST_HEAD]) {
      const socket = begun(hub, start);
      const [answer] = (await once(socket, 'data')) as [Buffer];
      expect(answer.toString(), start).to.match(/^HTTP\/1.1 408/);
      if (!socket.closed) await once(socket, 'close');
    }
    expect((await hub.post(one('a'))).status).to.equal(200);
  });

  it('cuts off who does not read the answer', async () => {
    const connections = { ...CONNECTION_LIMITS, silentMs: 200 };
    const chunk = new Uint8Array(1024 * 1024);
    const wasCut = new Promise((resolve) => {
      const endless = () =>
        new ReadableStream({ pull: (to) => to.enqueue(chunk), cancel: resolve });
      const handle = async () => new Response(endless());
      void HubServer.start({ port: 0, host: '127.0.0.1' }, handle, connections).then((server) => {
        closeAfterTest(() => server.close());
        begun(server, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n').pause();
      });
    });
    await wasCut;
  });

  it('closes a connection too many at once, and serves those that it has', async () => {
    const hub = await givenHub({ connections: { ...CONNECTION_LIMITS, connections: 1 } });
    const first = begun(hub, '');
    await once(first, 'connect');
    const second = begun(hub, 'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n');
    expect(await answerTo(second)).to.equal('');
    first.write('GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    expect(await answerTo(first)).to.match(/^HTTP\/1\.1 200/);
  });

  it('tells a token with too much in work to come again, and takes what others bring', async () => {
    const file = new TokenFile(join(temporaryHome(), 'edge-tokens'));
    const [greedy, other] = ['greedy', 'other'].map((name) => {
      const { token, entry } = newToken(name, null);
      file.write(withToken(file.text(), entry));
      return { authorization: `Bearer ${token}` };
    });
    const hub = await givenHub({ senders: { tokens: file }, work: { perSender: 1 } });
    const waiting = begun(
      hub,
      `POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 50\r\nauthorization: ${greedy?.authorization}\r\n\r\n{`,
    );
    const refused = await until(
      () => hub.post(one('a'), greedy),
      ({ status }) => status === 429,
    );
    expect(refused.retryAfter).to.equal('1');
    expect(refused.body.error).to.match(/too many requests of greedy/);
    expect((await hub.post(one('b'), other)).status).to.equal(200);
    waiting.destroy();
    await until(
      () => hub.post(one('a'), greedy),
      ({ status }) => status === 200,
    );
  });

  it('holds no more of 100 large bodies than its room has, and answers the others', async function () {
    if (process.platform !== 'linux') this.skip();
    const hub = new HubProcess();
    await hub.start();
    const status = `/proc/${hub.running.child.pid}/status`;
    const mib = (name: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(status, 'utf8'))?.[1]) /
      1024;
    await fetch(hub.url, { method: 'POST', body: one('a'), headers: JSON_TYPE });
    const before = mib('VmRSS');
    const port = Number(new URL(hub.url).port);
    const size = 8 * 1024 * 1024;
    const head = `POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${size}\r\n\r\n`;
    const almost = Buffer.alloc(size - 1, ' ');
    const answers = Array.from({ length: 100 }, () => {
      const socket = begun({ port }, head);
      socket.write(almost);
      return answerTo(socket);
    });
    // 64 MiB are room for eight of them at most; those wait for their last byte.
    let refused = 0;
    await new Promise<void>((resolve) => {
      for (const answer of answers)
        void answer.then((text) => {
          if (/^HTTP\/1\.1 503[\s\S]*retry-after: 1\r\n/i.test(text)) refused += 1;
          if (refused === 92) resolve();
        });
    });
    expect(mib('VmHWM') - before).to.be.lessThan(3 * 64);
    expect(await hub.stop()).to.equal(0);
  }).timeout(120_000);

  it('answers what is under way when it is asked to stop, and nothing after that', async () => {
    const hub = await givenHub();
    const body = one('a');
    const socket = begun(
      hub,
      `POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`,
    );
    await once(socket, 'connect');
    await until(
      () => hub.post(one('b')),
      ({ status }) => status === 200,
    );
    const closing = hub.server.close(A_DAY_MS);
    socket.write(body);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).to.match(/"status":"success"/);
    // The connection could be kept, and no time ends it.
    await closing;
    await hub.post(one('c')).then(
      () => expect.fail('it was answered'),
      () => undefined,
    );
    expect(contentsOf(hub.app.paths.home)).to.have.length(2);
  });

  it('reads nothing out: GET is refused but for health', async () => {
    const hub = await givenHub();
    expect((await fetch(`${hub.url}/healthz`)).status).to.equal(200);
    expect(await (await fetch(`${hub.url}/readyz`)).text()).to.equal('ready\n');
    for (const path of ['/', '/metrics', '/stats', '/events'])
      expect((await fetch(`${hub.url}${path}`)).status, path).to.equal(405);
  });
});

const POST_HEAD =
  'POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{';

const A_DAY_MS = 86_400_000;

const JSON_TYPE = { 'content-type': 'application/json' };

/** What comes back until the end. */
function answerTo(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.setEncoding('latin1').on('data', (more: string) => {
      text += more;
    });
    socket.on('close', () => resolve(text));
  });
}

function begun({ port }: Pick<GivenHub, 'port'>, text: string): Socket {
  const socket = connect(port, '127.0.0.1');
  closeAfterTest(() => socket.destroy());
  // What the hub does to it is what the test looks at.
  socket.on('error', () => undefined);
  socket.write(text);
  return socket;
}

function posted({ port }: GivenHub, agent: Agent, body: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const request = httpRequest({ port, host: '127.0.0.1', method: 'POST', agent, headers });
    request.on('error', reject);
    request.on('response', (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
    });
    request.end(body);
  });
}

/** Asks until the answer is as wanted. */
async function until<T>(ask: () => Promise<T>, isWanted: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (isWanted(answer)) return answer;
  }
}
