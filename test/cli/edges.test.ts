import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { App } from '../../src/app/app.js';
import { TOKEN_FILE } from '../../src/cli/edge-tokens.js';
import { HubProcess } from '../hub/hub-process.js';
import { edgeRequest, givenEdges } from '../support/arrivals.js';
import { newEvent } from '../support/events.js';
import { stateOf } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';

const USAGE = 64;

describe('redrain edges', () => {
  it('lists homes that have sent, in the forms of every list', async () => {
    const cli = new WarmCli();
    expect((await cli.run(['edges'])).stdout).to.equal('No other home has sent to this one.\n');
    await givenEdges(cli.home);
    const [head = '', row = ''] = (await cli.run(['edges'])).stdout.split('\n');
    expect(head).to.match(/^ID +EDGE +HOST +STATE +HERE +MISSING +LAG MS +SEEN/);
    expect(row).to.match(/^ *1 +home-a +laptop +restored gaps +2 +1 +1,000/);
    const csv = (await cli.run(['edges', 'list', '--output', 'csv'])).stdout;
    expect(csv).to.match(
      /^id,name,host,state,received,missing,lag_ms,last_seen_at\n1,home-a,laptop,/,
    );
    const { edges } = (await cli.run(['edges', '--json'])).json<{ edges: object[] }>();
    expect(edges[0]).to.include({ home: 'home-a', highest: 3, complete_up_to: 1, missing: 1 });
  });

  it('shows one, forgets the faults that were acknowledged, and knows no other', async () => {
    const cli = new WarmCli();
    await givenEdges(cli.home);
    const { stdout } = await cli.run(['edges', 'show', 'home-a']);
    expect(stdout).to.match(/missing {3}2\n/);
    expect(stdout).to.match(/restored: its journal was restored from an older one/);
    expect((await cli.run(['status', '--check'])).code).to.equal(2);
    const acknowledged = await cli.run(['edges', 'ack', '1', '--json']);
    expect(acknowledged.json()).to.deep.equal({ id: 1, acknowledged: ['restored'] });
    expect((await cli.run(['status', '--check'])).code).to.equal(0);
    const unknown = await cli.run(['edges', 'show', 'nobody']);
    expect([unknown.code, unknown.stderr]).to.deep.equal([
      USAGE,
      'error: no edge nobody has sent to this home: `redrain edges` lists those that have\n',
    ]);
  });

  it('are named beside what they sent, where another content is known for its id', async () => {
    const cli = new WarmCli();
    await givenEdges(cli.home);
    const app = new App({ home: cli.home, env: {} });
    const arrival = { request: edgeRequest({ home: 'home-b', name: 'desk' }), number: 7 };
    const bytes = Buffer.from('{"event_id":"home-a-1","n":2}');
    await (await app.stores()).journal.append(
      [newEvent('home-a-1', { bytes, arrival })],
      'capture',
    );
    await app.close();
    const { stdout } = await cli.run(['conflicts', 'show', '1']);
    expect(stdout).to.match(/^journal .* from home-a 1$/m);
    expect(stdout).to.match(/^incoming .* from desk 7$/m);
  });

  it('makes a token, for its owner alone, and revokes it', async () => {
    const cli = new WarmCli();
    const { stdout } = await cli.run(['edges', 'token', 'add', 'laptop']);
    expect(stdout).to.match(/^rdt_[\w-]{43}\n$/);
    expect(statSync(join(stateOf(cli.home), TOKEN_FILE)).mode & 0o777).to.equal(0o600);
    expect((await cli.run(['edges', 'token', 'add', 'laptop'])).code).to.equal(USAGE);
    expect((await cli.run(['edges', 'token'])).stdout).to.match(/laptop/);
    expect((await cli.run(['edges', 'token', 'revoke', 'laptop'])).code).to.equal(0);
    expect((await cli.run(['edges', 'token', 'revoke', 'laptop'])).code).to.equal(USAGE);
    expect((await cli.run(['edges', 'token'])).stdout).to.equal('There are no tokens.\n');
  });
});

describe('redrain receive', () => {
  const REFUSED: [what: string, args: string[], why: RegExp][] = [
    ['other machines without tokens', ['--host', '0.0.0.0'], /there are no tokens/],
    ['a variable that is not set', ['--auth-env', 'NO_SUCH'], /NO_SUCH: this variable is not set/],
    ['two rules at once', ['--auth-env', 'X', '--without-tokens'], /exclude each other/],
    ['a file of tokens that is not there', ['--tokens', '/nowhere/tokens'], /cannot be used/],
    ['a limit of nothing', ['--max-requests', '0'], /--max-requests must be above 0/],
  ];
  it('refuses what it cannot do, and says why', async () => {
    const cli = new WarmCli();
    for (const [what, args, why] of REFUSED) {
      const { code, stderr } = await cli.run(['receive', '--port', '0', ...args]);
      expect([what, code]).to.deep.equal([what, USAGE]);
      expect(stderr, what).to.match(why);
    }
  });

  it('takes port, limits and who may send from config.toml, and options before it', async () => {
    const hub = new HubProcess(['--max-events', '2'], { HUB_TOKEN: 'geheim' });
    hub.cli.configure(
      '[redrain.receive]\nport = 0\nauth_env = "HUB_TOKEN"\nmax_bytes = 200\nmax_events = 1\n',
    );
    await hub.startByConfig();
    const post = async (events: number, padding = ''): Promise<number> => {
      const list = Array.from({ length: events }, (_, at) => ({
        event_id: `e${at}`,
        event_type: 'T',
      }));
      const headers = { 'content-type': 'application/json', authorization: 'Bearer geheim' };
      const body = JSON.stringify(list) + padding;
      return (await fetch(hub.url, { method: 'POST', headers, body })).status;
    };
    expect((await fetch(hub.url, { method: 'POST', body: '[]' })).status).to.equal(401);
    expect([await post(2), await post(3), await post(1, ' '.repeat(200))]).to.deep.equal([
      200, 413, 413,
    ]);
    expect(await hub.stop()).to.equal(0);
  });

  it('began without tokens, and takes events by the first one that is made meanwhile', async () => {
    const hub = new HubProcess();
    await hub.start();
    const post = async (headers = {}): Promise<number> => {
      const body = '[{"event_id":"e","event_type":"T"}]';
      const json = { 'content-type': 'application/json', ...headers };
      return (await fetch(hub.url, { method: 'POST', headers: json, body })).status;
    };
    expect(await post()).to.equal(200);
    const { stdout } = await hub.cli.run(['edges', 'token', 'add', 'laptop']);
    expect(await post()).to.equal(401);
    expect(await post({ authorization: `Bearer ${stdout.trim()}` })).to.equal(200);
    expect((await fetch(`${hub.url}/readyz`)).status).to.equal(200);
    expect(await hub.stop()).to.equal(0);
  });

  it('does not start where config.toml may say who may send, and cannot be read or says it twice', async () => {
    const cli = new WarmCli();
    for (const [toml, why, code] of [
      ['[redrain.receive]\nport = "a"\n', /receive\.port must be a whole number/, 6],
      ['[redrain.receive]\ntokens = "t"\nauth_env = "X"\n', /both set/, USAGE],
      ['[redrain]\n', /no port to listen on/, USAGE],
    ] as const) {
      cli.configure(toml);
      const words = toml.includes('tokens') ? ['--port', '0'] : [];
      const run = await cli.run(['receive', ...words]);
      expect(run.stderr).to.match(why);
      expect(run.code, toml).to.equal(code);
    }
  });
});
