import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect } from 'chai';
import { Webhook } from 'standardwebhooks';
import { startServe } from '../support/cli.js';
import { WarmCli } from '../support/warm-cli.js';

describe('redrain serve', () => {
  it('receives until it is asked to stop, counts, and ends well', async () => {
    const serve = await startServe();
    const body = '{"events":[{"event_id":"a","event_type":"T"}]}';
    const answer = await fetch(`${serve.url}/any/path`, { method: 'POST', body });
    expect(await answer.json()).to.deep.equal({ results: [{ event_id: 'a', status: 'success' }] });
    expect(await serve.stats()).to.include({ posts: 1, events: 1, unique: 1, duplicates: 0 });
    const ended = await serve.stop();
    expect(ended.code, ended.stderr).to.equal(0);
    expect(ended.json()).to.include({ url: serve.url, db: serve.db });
    expect(ended.stderr)
      .to.include('1 request, 1 event\n')
      .and.include('stopping after the requests');
  });

  it('prints a line for each request with --verbose, and its document alone on stdout', async () => {
    const serve = await startServe(['--verbose', '--reject-type', 'Bad']);
    const post = (path: string, body: string, headers = {}) =>
      fetch(`${serve.url}${path}`, { method: 'POST', body, headers });
    await post('/in?key=hidden', '{"events":[{"event_id":"a"},{"event_id":"b"},{"event_id":"a"}]}');
    await post('/a%0Ab', '{"event_type":"Bad"}', {
      'webhook-id': 'w',
      'content-type': 'application/json',
    });
    await post('/lines', '{"event_id":', { 'content-type': 'application/x-ndjson' });
    await serve.stats();
    const ended = await serve.stop();
    const { stderr } = ended;
    const lines = stderr.split('\n').map((line) => line.replace(/\d+ ms$/, 'N ms'));
    expect(lines.slice(0, 4)).to.deep.equal([
      'POST /in batch 3 events: 2 success, 1 duplicate, N ms',
      'POST /a%0Ab webhook 1 event: 400 (type Bad refused), N ms',
      'POST /lines lines 400 (line 1 is not JSON), N ms',
      'GET /stats 200, N ms',
    ]);
    expect(ended.json()).to.include({ url: serve.url });
  });

  it('shows nothing of requests where nobody asked', async () => {
    const serve = await startServe();
    await serve.stats();
    expect((await serve.stop()).stderr).not.to.contain('GET');
  });

  it('plays a server with limits, pauses, secrets and tokens', async () => {
    const secret = `whsec_${Buffer.from('of this test').toString('base64')}`;
    const env = { SECRET: secret, TOKEN: 'T' };
    const args = '--max-events 2 --max-bytes 500 --status 503 --retry-after 7'.split(' ');
    const serve = await startServe(
      [...args, '--secret-env', 'SECRET', '--token-env', 'TOKEN'],
      env,
    );
    const post = (events: number, headers: Record<string, string>) => {
      const list = Array.from({ length: events }, (_, n) => ({ event_id: `e${n}` }));
      const body = JSON.stringify({ events: list });
      return fetch(serve.url, { method: 'POST', body, headers });
    };
    const health = await fetch(`${serve.url}/api/v1/sync/health/`);
    expect(await health.json()).to.deep.include({
      sync_ingress: { limits: { max_events_per_batch: 2, max_decompressed_bytes_per_batch: 500 } },
    });
    const authorization = 'Bearer T';
    expect((await post(1, {})).status).to.equal(401);
    expect((await post(3, { authorization })).status).to.equal(413);
    expect((await post(1, { authorization, 'x-pad': 'x' })).headers.get('retry-after')).to.equal(
      '7',
    );
    const at = new Date();
    const signed = await fetch(serve.url, {
      method: 'POST',
      body: '{}',
      headers: {
        'webhook-id': 'w',
        'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
        'webhook-signature': new Webhook(secret).sign('w', at, '{}'),
      },
    });
    expect(signed.status).to.equal(503);
    await serve.stop();
  });

  it('refuses a variable that is not set, and a secret of no known kind', async () => {
    const cli = new WarmCli();
    for (const [args, says] of [
      [['--secret-env', 'NOT_SET'], /--secret-env NOT_SET: this variable is not set/],
      [['--secret-env', 'ODD'], /--secret-env ODD: a secret must be whsec_/],
      [['--token-env', 'NOT_SET'], /--token-env NOT_SET/],
      [['--max-events', '0'], /--max-events must be above 0/],
      [['--status', '700'], /--status/],
    ] as const) {
      const run = await cli.startBare(['serve', ...args], { env: { ODD: '!' } }).exited;
      expect(run.code, run.stderr).to.equal(64);
      expect(run.stderr).to.match(says);
    }
  });

  it('ends when it is asked to, also when its database is gone, and says so', async () => {
    const serve = await startServe();
    await serve.stats();
    rmSync(dirname(serve.db), { recursive: true });
    const ended = await serve.stop();
    expect(ended.code, ended.stderr).to.equal(1);
    expect(ended.stderr).to.include(serve.db).and.include('does not exist');
  });

  it('says in one line that a port is taken or a file cannot be opened', async () => {
    const serve = await startServe();
    const { port } = new URL(serve.url);
    const cli = new WarmCli();
    for (const [args, says] of [
      [['--port', port], /another program listens on this port/],
      [['--db', `${cli.root}/nowhere/sink.db`], /nowhere\/sink\.db: it does not exist/],
    ] as const) {
      const run = await cli.startBare(['serve', ...args]).exited;
      expect(run.code, run.stderr).to.equal(1);
      expect(run.stderr).to.match(says);
      expect(run.stderr.trim().split('\n')).to.have.length(1);
    }
  });
});
