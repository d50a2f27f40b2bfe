import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { HttpAnswer } from '../../src/receivers/answer.js';
import { HttpClient } from '../../src/receivers/http-client.js';
import { never } from './events.js';
import { type Script, type ScriptedServer, scriptedServer } from './scripted-server.js';

const MIB = 1024 * 1024;

describe('HttpClient', () => {
  let server: ScriptedServer | undefined;
  let client: HttpClient;

  beforeEach(() => {
    client = new HttpClient({ env: {}, deadlineMs: 5_000 });
  });

  afterEach(async () => {
    client.close();
    await server?.close();
    server = undefined;
  });

  async function ask(script: Script, more: { deadlineMs?: number; signal?: AbortSignal } = {}) {
    server ??= await scriptedServer(script);
    const given = {
      method: 'POST',
      url: `${server.url}/in`,
      headers: {},
      body: Buffer.from('{}'),
    } as const;
    return client.request({ ...given, signal: never(), ...more });
  }

  it('takes any status for an answer', async () => {
    for (const status of [200, 304, 404, 599]) {
      server = await scriptedServer(() => ({ status, headers: { 'X-A': 'b' } }));
      const answer = await client.request({
        method: 'GET',
        url: server.url,
        headers: {},
        signal: never(),
      });
      expect(answer).to.include({ status });
      expect(answer).to.have.nested.property('headers.x-a', 'b');
      await server.close();
    }
  });

  it('signs in as the user in the address, unless the request says otherwise', async () => {
    server = await scriptedServer(() => ({ status: 200 }));
    const url = server.url.replace('//', '//user:p%C3%A4ss@');
    const given = { method: 'GET', url, signal: never() } as const;
    await client.request({ ...given, headers: {} });
    await client.request({ ...given, headers: { AUTHORIZATION: 'Key k' } });
    expect(server.seen.map(({ headers }) => headers.authorization)).to.deep.equal([
      `Basic ${Buffer.from('user:päss').toString('base64')}`,
      'Key k',
    ]);
  });

  for (const status of [100, 102, 103, 199])
    it(`waits for the answer behind a ${status}`, async () => {
      const port = await rawServer(
        `HTTP/1.1 ${status} X\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok`,
      );
      const url = `http://127.0.0.1:${port}/`;
      const answer = await client.request({ method: 'GET', url, headers: {}, signal: never() });
      expect(answer).to.include({ status: 200 });
      expect(textOf(answer)).to.equal('ok');
    });

  it('waits for the answer behind interim ones that come byte by byte', async () => {
    const hint = 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n';
    const port = await drippingServer(
      `HTTP/1.1 100 Continue\r\n\r\n${hint}HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok`,
    );
    const url = `http://127.0.0.1:${port}/`;
    const answer = await client.request({ method: 'GET', url, headers: {}, signal: never() });
    expect(answer).to.include({ status: 200 });
    expect(textOf(answer)).to.equal('ok');
  });

  for (const [coding, encode] of Object.entries({
    gzip: gzipSync,
    'x-gzip': gzipSync,
    deflate: deflateSync,
    br: brotliCompressSync,
    identity: Buffer.from,
  }))
    it(`decodes ${coding}`, async () => {
      expect(textOf(await ask(encoded(coding, encode(Buffer.from('text')))))).to.equal('text');
    });

  it('decodes deflate without its header, as some servers send it', async () => {
    expect(textOf(await ask(encoded('deflate', deflateRawSync(Buffer.from('text')))))).to.equal(
      'text',
    );
  });

  it('refuses a gzip stream that is cut short', async () => {
    const whole = gzipSync(Buffer.from('{"results":[]}'.repeat(50)));
    for (const cut of [whole.length - 1, whole.length - 9, 20])
      expect(failureOf(await ask(encoded('gzip', whole.subarray(0, cut))))).to.match(/cut short/);
  });

  it('refuses codings it does not know, and bodies that are not what they say', async () => {
    expect(failureOf(await ask(encoded('zstd', Buffer.from('x'))))).to.match(/not supported/);
    await server?.close();
    server = undefined;
    expect(failureOf(await ask(encoded('gzip', Buffer.from('plain text'))))).to.match(/damaged/);
  });

  it('stops at 8 MiB of decoded body, however small it travelled', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * MIB));
    expect(failureOf(await ask(encoded('gzip', bomb)))).to.match(/larger than 8 MiB/);
    await server?.close();
    server = undefined;
    expect(failureOf(await ask(encoded('identity', Buffer.alloc(8 * MIB + 1))))).to.match(/8 MiB/);
  });

  it('reads a body of exactly 8 MiB', async () => {
    const answer = await ask(encoded('gzip', gzipSync(Buffer.alloc(8 * MIB, 0x20))));
    expect(textOf(answer)).to.have.length(8 * MIB);
  });

  for (const status of [301, 302, 303, 307, 308])
    it(`does not follow a ${status}`, async () => {
      const elsewhere = await scriptedServer(() => ({ status: 200 }));
      const answer = await ask(() => ({ status, headers: { location: elsewhere.url } }));
      expect(answer).to.include({ status });
      expect(elsewhere.seen).to.deep.equal([]);
      expect(elsewhere.connections()).to.equal(0);
      await elsewhere.close();
    });

  it('reuses one connection', async () => {
    for (let n = 0; n < 5; n += 1) await ask(() => ({ status: 200, body: '{}' }));
    expect(server?.seen).to.have.length(5);
    expect(server?.connections()).to.equal(1);
  });

  it('ends a silent request at its deadline', async () => {
    const answer = await ask(() => () => {}, { deadlineMs: 30 });
    expect(failureOf(answer)).to.match(/^no answer from 127\.0\.0\.1:\d+ within 0\.03 s$/);
  });

  it('ends a body that trickles in forever at its deadline', async () => {
    const trickle: Script = () => (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n');
      const drip = setInterval(() => socket.write('x'), 5);
      socket.on('error', () => {});
      socket.on('close', () => clearInterval(drip));
    };
    expect(failureOf(await ask(trickle, { deadlineMs: 60 }))).to.match(/^no answer/);
  });

  it('ends when its caller aborts', async () => {
    const caller = new AbortController();
    const silent: Script = () => {
      caller.abort();
      return () => {};
    };
    expect(failureOf(await ask(silent, { signal: caller.signal }))).to.match(/^interrupted/);
    expect(failureOf(await ask(silent, { signal: caller.signal }))).to.match(/^interrupted/);
    expect(server?.seen).to.have.length(1);
  });

  it('names the cause of a lost connection', async () => {
    const resets: Record<string, Script> = {
      'before a complete answer': () => (socket) => socket.resetAndDestroy(),
      'middle of its answer': () => (socket) =>
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"results":['),
      'does not answer in HTTP': () => (socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'),
    };
    for (const [words, script] of Object.entries(resets)) {
      expect(failureOf(await ask(script)), words).to.include(words);
      await server?.close();
      server = undefined;
    }
  });

  it('survives a server that wants another protocol', async () => {
    const upgrade: Script = () => (socket) =>
      socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n');
    expect(failureOf(await ask(upgrade, { deadlineMs: 200 }))).to.be.a('string');
  });

  it('says who refused a connection, and which addresses are none', async () => {
    const request = { method: 'GET', headers: {}, signal: never() } as const;
    const gone = await scriptedServer(() => ({ status: 200 }));
    await gone.close();
    const host = new URL(gone.url).host;
    expect(await client.request({ ...request, url: gone.url })).to.deep.equal({
      failure: `connection refused by ${host}`,
      kind: 'route',
    });
    for (const url of ['', 'no url', 'ftp://127.0.0.1/', 'data:text/plain,x'])
      expect(failureOf(await client.request({ ...request, url }))).to.match(/not an http\(s\) URL/);
  });

  it('reports a header that cannot be sent, without its value', async () => {
    const answer = await client.request({
      method: 'GET',
      url: 'http://127.0.0.1:9/',
      headers: { 'X-Key': 'marker\u0001secret' },
      signal: never(),
    });
    expect(failureOf(answer)).to.not.include('marker');
  });
});

function encoded(coding: string, body: Buffer): Script {
  return () => ({ status: 200, headers: { 'content-encoding': coding }, body });
}

/** Answers every connection with these bytes. */
function rawServer(answer: string): Promise<number> {
  return serverThat((socket) => socket.write(answer));
}

/** The same, in pieces of one byte. */
function drippingServer(answer: string): Promise<number> {
  return serverThat(async (socket) => {
    socket.setNoDelay(true);
    for (const byte of answer) {
      socket.write(byte);
      await turn();
    }
  });
}

async function serverThat(answers: (socket: Socket) => void): Promise<number> {
  const raw = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => answers(socket));
  });
  await new Promise<void>((resolve) => raw.listen(0, '127.0.0.1', resolve));
  raw.unref();
  return (raw.address() as AddressInfo).port;
}

function textOf(answer: HttpAnswer): string {
  return 'failure' in answer ? answer.failure : answer.body.toString();
}

function failureOf(answer: HttpAnswer): string {
  return 'failure' in answer ? answer.failure : `an answer with ${answer.status}`;
}
