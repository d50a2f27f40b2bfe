import net from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import {
  type StubServer,
  type StubServerOptions,
  startServer,
} from '../../../src/receivers/stub/server.js';

const BATCH = '/api/v1/events/batch/';

describe('the stub server', () => {
  let server: StubServer;

  afterEach(() => server.close());

  async function start(options: Partial<StubServerOptions> = {}): Promise<StubServer> {
    server = await startServer({ db: ':memory:', ...options });
    return server;
  }

  async function post(body: string | Buffer, headers: Record<string, string> = {}, path = BATCH) {
    const response = await fetch(`${server.url}${path}`, { method: 'POST', body, headers });
    const text = await response.text();
    return { status: response.status, json: text === '' ? undefined : JSON.parse(text) };
  }

  const get = async (path: string) => {
    const response = await fetch(`${server.url}${path}`);
    return { status: response.status, json: (await response.json()) as Record<string, unknown> };
  };

  const batch = (...ids: string[]) =>
    JSON.stringify({ events: ids.map((id) => ({ event_id: id, event_type: `T${id}` })) });

  const statuses = (json: { results: { event_id: string; status: string }[] }) =>
    json.results.map(({ event_id, status }) => [event_id, status]);

  it('stores what it receives byte for byte, and says what was there before', async () => {
    await start();
    const first = '{ "event_id":"a", "n": 1.00, "ü":"\\u00fc" }';
    expect(statuses((await post(`{"events": [ ${first} ,{"event_id":"b"}]}`)).json)).to.deep.equal([
      ['a', 'success'],
      ['b', 'success'],
    ]);
    expect(statuses((await post(batch('b', 'c', 'c'), {}, '/any/path')).json)).to.deep.equal([
      ['b', 'duplicate'],
      ['c', 'success'],
      ['c', 'duplicate'],
    ]);
    expect(server.sink.bytesOf('a')?.toString()).to.equal(first);
    expect((await get('/stats')).json).to.deep.equal({
      posts: 2,
      events: 5,
      unique: 3,
      duplicates: 2,
    });
  });

  it('takes every format on any path, and each event once', async () => {
    await start();
    const cloudEvent = { specversion: '1.0', id: 'c', source: '/s', type: 'T' };
    const requests: [body: string, headers: Record<string, string>][] = [
      ['{"events":[{"event_id":"a"}]}', { 'content-type': 'application/json' }],
      ['{"event_id":"a"}\n{"event_id":"l"}\n', { 'content-type': 'application/x-ndjson' }],
      ['<w/>', { 'content-type': 'text/xml', 'webhook-id': 'w' }],
      [JSON.stringify(cloudEvent), { 'content-type': 'application/cloudevents+json' }],
      [JSON.stringify([cloudEvent]), { 'content-type': 'application/cloudevents-batch+json' }],
      ['{}', { 'ce-specversion': '1.0', 'ce-id': 'd', 'ce-source': '/s', 'ce-type': 'T' }],
    ];
    const seen: string[] = [];
    for (const [body, headers] of requests)
      for (const { status } of (await post(body, headers, '/any')).json.results) seen.push(status);
    expect(seen.join(' ')).to.equal('success duplicate success success success duplicate success');
    expect(server.sink.eventIds()).to.deep.equal(['a', 'l', 'w', 'c', 'd']);
    expect(server.sink.bytesOf('w')?.toString()).to.equal('<w/>');
  });

  it('answers one event with a status, and logs the one that it gave', async () => {
    await start({ misbehave: { rejectTypes: ['Bad'] } });
    const headers = { 'webhook-id': 'w', 'content-type': 'application/json' };
    expect((await post('{"event_type":"Bad"}', headers)).status).to.equal(400);
    expect((await post('{"event_type":"Good"}', headers)).status).to.equal(200);
    expect(server.sink.posts().map(({ status, stored }) => [status, stored])).to.deep.equal([
      [400, 0],
      [200, 1],
    ]);
  });

  it('takes the last of several lists, as JSON does', async () => {
    await start();
    await post('{"events":[{"event_id":"a"}],"events":[{"event_id":"b"}]}');
    await post('{"events":[{"event_id":"c"}],"more":{}} ');
    expect(server.sink.eventIds()).to.deep.equal(['b', 'c']);
  });

  it('reads gzip', async () => {
    await start();
    const { status } = await post(gzipSync(batch('a')), { 'content-encoding': 'gzip' });
    expect(status).to.equal(200);
    expect(server.sink.eventIds()).to.deep.equal(['a']);
  });

  for (const body of [
    '',
    'hello',
    '[1]',
    '{}',
    '{"events":{}}',
    '{"events":[{"n":NaN}]}',
    '{"events":[{}]',
  ])
    it(`answers 400 to ${JSON.stringify(body)}`, async () => {
      await start();
      const { status, json } = await post(body);
      expect(status).to.equal(400);
      expect(json.error).to.be.a('string');
      expect(server.sink.stats()).to.include({ posts: 1, events: 0 });
    });

  it('answers 400 to invalid gzip', async () => {
    await start();
    expect((await post('hello', { 'content-encoding': 'gzip' })).status).to.equal(400);
  });

  it('rejects an event without a usable id, and only that one', async () => {
    await start();
    const { json } = await post(
      '{"events":[7,{"event_id":""},{"event_id":["a"]},{"event_id":"b"}]}',
    );
    expect(statuses(json)).to.deep.equal([
      [null, 'rejected'],
      [null, 'rejected'],
      [null, 'rejected'],
      ['b', 'success'],
    ]);
    expect(server.sink.eventIds()).to.deep.equal(['b']);
  });

  it('issues tokens to anyone who asks in form', async () => {
    await start({ teamSlug: 'blue' });
    const login = await post('{"username":"u","password":"p"}', {}, '/api/v1/token/');
    expect(login.json).to.include({
      access_lifetime: 900,
      refresh_lifetime: 604800,
      team_slug: 'blue',
    });
    const body = JSON.stringify({ refresh: login.json.refresh });
    const refresh = await post(body, {}, '/api/v1/token/refresh/');
    expect(refresh.json.access).to.be.a('string').that.is.not.equal(login.json.access);
    for (const odd of ['{}', '', '{"refresh":1}', '{"username":"u"}'])
      expect((await post(odd, {}, '/api/v1/token/')).status).to.equal(400);
    expect(server.sink.stats().posts).to.equal(0);
  });

  it('has a health document, and enforces the limits that it states there', async () => {
    const metadata = { deploymentId: 'd-1', environmentName: 'preview', gitSha: 'abc' };
    await start({
      health: { limits: { maxEvents: 2, maxBytes: 200 }, metadata, privateTeamspace: false },
    });
    expect((await get('/api/v1/sync/health/')).json).to.deep.equal({
      server_instance_id: server.sink.instanceId,
      deployment_id: 'd-1',
      environment_name: 'preview',
      git_sha: 'abc',
      private_teamspace: false,
      sync_ingress: { limits: { max_events_per_batch: 2, max_decompressed_bytes_per_batch: 200 } },
    });
    expect((await post(batch('a', 'b', 'c'))).status).to.equal(413);
    expect((await post(batch('x'.repeat(200)))).status).to.equal(413);
    expect((await post(batch('a', 'b'))).status).to.equal(200);
  });

  it('says only its instance when there is nothing else to say, or nothing at all', async () => {
    await start();
    expect((await get('/api/v1/sync/health/')).json).to.have.all.keys('server_instance_id');
    await server.close();
    await start({ health: { offered: false } });
    expect((await get('/api/v1/sync/health/')).status).to.equal(404);
  });

  it('answers 405 elsewhere, as it takes posts on any path', async () => {
    await start();
    const answer = await fetch(`${server.url}/nothing`);
    expect([answer.status, answer.headers.get('allow')]).to.deep.equal([405, 'POST']);
    expect((await fetch(server.url, { method: 'PUT' })).status).to.equal(405);
  });

  describe('told to misbehave', () => {
    it('answers with a status and stores nothing', async () => {
      for (const status of [302, 400, 401, 413, 503]) {
        await start({ misbehave: { status } });
        const response = await fetch(`${server.url}${BATCH}`, {
          method: 'POST',
          body: batch('a'),
          redirect: 'manual',
        });
        expect(response.status).to.equal(status);
        expect(server.sink.stats()).to.deep.equal({
          posts: 1,
          events: 0,
          unique: 0,
          duplicates: 0,
        });
        await server.close();
      }
    });

    it('answers with another 2xx and stores', async () => {
      await start({ misbehave: { status: 202 } });
      expect((await post(batch('a'))).status).to.equal(202);
      await server.close();
      await start({ misbehave: { status: 204 } });
      expect(await post(batch('a'))).to.deep.equal({ status: 204, json: undefined });
      expect(server.sink.eventIds()).to.deep.equal(['a']);
    });

    it('rejects the types it was told to, and stores the rest', async () => {
      await start({ misbehave: { rejectTypes: ['Tb'] } });
      expect(statuses((await post(batch('a', 'b', 'c'))).json)).to.deep.equal([
        ['a', 'success'],
        ['b', 'rejected'],
        ['c', 'success'],
      ]);
      expect(server.sink.eventIds()).to.deep.equal(['a', 'c']);
    });

    it('fails as often as it was told, the same posts each time', async () => {
      const run = async () => {
        await start({ misbehave: { failRate: 0.5, seed: 7 } });
        const seen: number[] = [];
        for (let n = 0; n < 20; n += 1) seen.push((await post(batch(`e${n}`))).status);
        await server.close();
        return seen;
      };
      const first = await run();
      expect(new Set(first)).to.deep.equal(new Set([200, 503]));
      expect(await run()).to.deep.equal(first);
    });

    it('drops connections, before or after storing', async () => {
      for (const resetAfterStore of [false, true]) {
        await start({ misbehave: { reset: 1, resetAfterStore } });
        const lost = await post(batch('a')).catch((error: Error) => error);
        expect(lost).to.be.instanceOf(Error);
        expect(server.sink.eventIds()).to.deep.equal(resetAfterStore ? ['a'] : []);
        expect(server.sink.posts()).to.have.length(1);
        expect(server.sink.posts()[0]).to.include({
          status: null,
          stored: resetAfterStore ? 1 : 0,
        });
        await server.close();
      }
    });

    it('stores before it waits', async () => {
      await start({ misbehave: { latencyMs: 60_000 } });
      const answer = post(batch('a'));
      while (server.sink.stats().posts === 0) await new Promise(setImmediate);
      await server.close();
      expect((await answer).status).to.equal(200);
    });
  });

  it('can be closed more than once, and each call waits for the end', async () => {
    await start();
    await fetch(server.url);
    await Promise.all([server.close(), server.close()]);
    expect(await post('{}').catch((error: Error) => error)).to.be.instanceOf(Error);
  });

  it('continues when a client disconnects in the middle of its request', async () => {
    await start();
    const socket = net.connect(server.port, '127.0.0.1');
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"ev');
    await new Promise((resolve) => setImmediate(resolve));
    socket.resetAndDestroy();
    expect((await post(batch('a'))).status).to.equal(200);
  });

  it('refuses a port that is taken', async () => {
    await start();
    const second = await startServer({ db: ':memory:', port: server.port }).catch((error) => error);
    expect(second).to.have.property('code', 'EADDRINUSE');
  });
});
