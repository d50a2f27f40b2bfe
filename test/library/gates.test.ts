import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect, createServer as createProxy } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { openRedrain, type Redrain } from '../../src/index.js';
import {
  type StubServer,
  type StubServerOptions,
  startServer,
} from '../../src/receivers/stub/server.js';
import { describeOnEachHome, type EngineHomes } from '../support/each-engine.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';

const EVENTS = Array.from({ length: 7 }, (_, i) => ({
  event_id: `e${i}`,
  event_type: 'WPStatusChanged',
  project_uuid: 'p',
}));

const SIGNED_IN = {
  SPEC_KITTY_ENABLE_SAAS_SYNC: '1',
  SPEC_KITTY_TOKEN: 'token',
  SPEC_KITTY_TEAM: 'team',
};

/** What is missing, and the reason that must be recorded for it. */
const BLOCKERS: [what: string, env: NodeJS.ProcessEnv, reason: string][] = [
  ['the SaaS switch', { ...SIGNED_IN, SPEC_KITTY_ENABLE_SAAS_SYNC: '' }, 'saas_disabled'],
  ['credentials', { SPEC_KITTY_ENABLE_SAAS_SYNC: '1' }, 'missing_auth'],
  ['a team', { SPEC_KITTY_ENABLE_SAAS_SYNC: '1', SPEC_KITTY_TOKEN: 'token' }, 'missing_team'],
];

describeOnEachHome('capture comes first, gates decide only what may leave', (on) => {
  for (const [what, env, reason] of BLOCKERS) {
    it(`without ${what}: everything is in the journal, no socket opens, and it leaves once that is fixed`, async () => {
      const server = await givenServer();
      const { home, redrain } = await givenRedrain(on, server.url, env);
      expect(await redrain.captureMany(EVENTS)).to.include({ captured: 7 });
      expect(await reasonsOf(on, home)).to.deep.equal([[reason, 7]]);
      const blocked = await redrain.drain();
      expect(blocked).to.include({ posts: 0, blocked_reason: reason, unsent: 7 });
      expect((await redrain.status()).event_journal).to.deep.include({
        drain_blocked: { reason, waiting: 7 },
      });
      expect(server.connections()).to.equal(0);
      await redrain.close();

      const fixed = await openRedrain({ home, env: { ...on.env(home), ...SIGNED_IN } });
      closeAfterTest(() => fixed.close());
      expect(await fixed.drain()).to.include({ delivered: 7, blocked_reason: null });
      expect((await fixed.status()).event_journal).to.deep.include({
        drain_blocked: { reason: null, waiting: 0 },
      });
    });
  }

  it('records for each event the reason that holds for its own project', async () => {
    const server = await givenServer();
    const { home, redrain } = await givenRedrain(on, server.url, SIGNED_IN);
    const more = [
      { event_id: 'q', event_type: 'T', project_uuid: 'q' },
      { event_id: 'none', event_type: 'T' },
    ];
    await redrain.captureMany([...EVENTS, ...more]);
    expect(await reasonsOf(on, home)).to.deep.equal([
      ['none', 7],
      ['missing_project', 1],
      ['project_not_allowed', 1],
    ]);
  });

  it('stops at a 403 that names the private teamspace, and delivers once it is cleared', async () => {
    const refusing = createServer((request, response) => {
      request.resume();
      request.on('end', () => {
        if (request.method === 'POST') posts += 1;
        response.writeHead(request.method === 'POST' ? 403 : 404);
        response.end('{"error":"events need a Private Teamspace"}');
      });
    });
    let posts = 0;
    await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve));
    closeAfterTest(() => refusing.close());
    const { port } = refusing.address() as AddressInfo;
    const { home, redrain } = await givenRedrain(on, `http://127.0.0.1:${port}`, SIGNED_IN);
    await redrain.captureMany(EVENTS);
    const report = await redrain.drain();
    expect(report).to.include({ posts: 1, delivered: 0, transient: 7 });
    expect(report.blocked_reason).to.equal('private_teamspace_gate');
    expect(posts).to.equal(1);
    expect((await redrain.status()).event_journal).to.deep.include({
      drain_blocked: { reason: 'private_teamspace_gate', waiting: 7 },
    });
    await redrain.close();
    await new Promise((resolve) => refusing.close(resolve));

    await givenServer({ port });
    const again = await openRedrain({ home, env: { ...on.env(home), ...SIGNED_IN } });
    closeAfterTest(() => again.close());
    expect(await again.drain()).to.include({ delivered: 7, blocked_reason: null });
  });

  it('closes the gate on a health document that says the teamspace is not private', async () => {
    const server = await givenServer({ health: { privateTeamspace: false } });
    const { redrain } = await givenRedrain(on, server.url, SIGNED_IN);
    await redrain.captureMany(EVENTS);
    expect(await redrain.drain()).to.include({
      posts: 0,
      delivered: 0,
      blocked_reason: 'private_teamspace_gate',
    });
    expect(server.sink.stats().posts).to.equal(0);
  });

  it('asks nothing of an external receiver that only concerns the Teamspace', async () => {
    const server = await givenServer();
    const home = temporaryHome();
    const config = `[sync]\nmode = "EXTERNAL_RECEIVER"\n[sync.external]\nendpoint = "${server.url}/in"\n`;
    writeFileSync(join(home, 'config.toml'), config);
    const redrain = await openRedrain({ home, env: on.env(home) });
    closeAfterTest(() => redrain.close());
    await redrain.captureMany(EVENTS);
    expect(await reasonsOf(on, home)).to.deep.equal([['none', 7]]);
    expect(await redrain.drain()).to.include({ delivered: 7 });
  });

  it('holds no project where an external receiver has no endpoint', async () => {
    const home = temporaryHome();
    writeFileSync(join(home, 'config.toml'), '[sync]\nmode = "EXTERNAL_RECEIVER"\n');
    const redrain = await openRedrain({ home, env: on.env(home) });
    closeAfterTest(() => redrain.close());
    await redrain.captureMany(EVENTS);
    expect(await redrain.drain()).to.include({
      blocked_reason: 'no_target',
      held: 0,
      unsent: 7,
    });
  });

  it('opens no socket in LOCAL_RETENTION and OPT_OUT, and calls that no failure', async () => {
    for (const mode of ['LOCAL_RETENTION', 'OPT_OUT']) {
      const server = await givenServer();
      const home = temporaryHome();
      const config = `[sync]\nserver_url = "${server.url}"\nmode = "${mode}"\n`;
      writeFileSync(join(home, 'config.toml'), config);
      const redrain = await openRedrain({ home, env: { ...on.env(home), ...SIGNED_IN } });
      closeAfterTest(() => redrain.close());
      await redrain.captureMany(EVENTS);
      const report = await redrain.drain();
      expect(report).to.include({ posts: 0, blocked_reason: null, target_id: null });
      expect(report.message).to.contain(mode);
      expect(server.connections()).to.equal(0);
    }
  });

  it('raises a reset signal when another instance answers at the same address', async () => {
    const first = await givenServer();
    const { home, redrain } = await givenRedrain(on, first.url, SIGNED_IN);
    await redrain.captureMany(EVENTS);
    expect((await redrain.drain()).reset_signal).to.equal(null);
    await redrain.close();
    await first.close();
    await givenServer({ port: first.port });
    const again = await openRedrain({ home, env: { ...on.env(home), ...SIGNED_IN } });
    closeAfterTest(() => again.close());
    const report = await again.drain();
    expect(report).to.include({ delivered: 0, posts: 0 });
    expect(report.reset_signal).to.include({ field: 'server_instance_id' });
    const [target] = await again.targets();
    expect(target?.resetSignal).to.deep.equal(report.reset_signal);
  });

  it('takes a new deployment id for a redeploy and not for a reset', async () => {
    const server = await givenServer({ health: { offered: false } });
    const { redrain } = await givenRedrain(on, server.url, SIGNED_IN);
    await redrain.captureMany(EVENTS);
    await redrain.drain({ deployment: { deploymentId: 'one', gitSha: 'abc' } });
    const redeployed = await redrain.drain({ deployment: { deploymentId: 'two' } });
    expect(redeployed.reset_signal).to.equal(null);
    const reset = await redrain.drain({ deployment: { gitSha: 'def' } });
    expect(reset.reset_signal).to.include({ field: 'git_sha', before: 'abc', after: 'def' });
  });
});

interface WatchedServer extends StubServer {
  /** Connections anybody opened to it. */
  connections(): number;
}

/** A stub server behind a door that counts: a gate that is closed opens no socket at all. */
async function givenServer(options: Partial<StubServerOptions> = {}): Promise<WatchedServer> {
  const { port = 0, ...rest } = options;
  const server = await startServer({ db: ':memory:', ...rest });
  let connections = 0;
  const door = createProxy((client) => {
    connections += 1;
    const inner = connect(server.port, '127.0.0.1');
    client.pipe(inner).pipe(client);
    client.on('error', () => inner.destroy());
    inner.on('error', () => client.destroy());
  });
  await new Promise<void>((resolve) => door.listen(port, '127.0.0.1', resolve));
  const address = door.address() as AddressInfo;
  const close = async () => {
    door.close();
    await server.close();
  };
  closeAfterTest(close);
  const url = `http://127.0.0.1:${address.port}`;
  return { ...server, url, port: address.port, close, connections: () => connections };
}

async function givenRedrain(
  on: EngineHomes,
  url: string,
  env: NodeJS.ProcessEnv,
): Promise<{ home: string; redrain: Redrain }> {
  const home = temporaryHome();
  const config = `[sync]\nserver_url = "${url}"\n[sync.projects]\np = "allow"\n`;
  writeFileSync(join(home, 'config.toml'), config);
  const redrain = await openRedrain({ home, env: { ...on.env(home), ...env } });
  closeAfterTest(() => redrain.close());
  return { home, redrain };
}

async function reasonsOf(on: EngineHomes, home: string): Promise<[string, number][]> {
  const found = await on.rows<{ r: string; n: number }>(
    home,
    `SELECT COALESCE(drain_blocked_reason, 'none') AS r, count(*) AS n FROM event
     GROUP BY 1 ORDER BY count(*) DESC, 1`,
  );
  return found.map(({ r, n }) => [r, n]);
}
