import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { DrainReport } from '../../src/dispatch/drain-report.js';
import { openRedrain } from '../../src/index.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { configNaming } from './given-authority.js';
import {
  type GivenHomeOfLogin,
  type GivenLogin,
  givenLogin,
  kittyFile,
  ownFile,
  SYNC_ON,
} from './given-login.js';
import { TokenServer, type TokenServerOptions } from './token-server.js';

const GOOD: TokenServerOptions = { access: 'old-access', refresh: 'old-refresh' };

async function given(login: Partial<GivenLogin> = {}, options: TokenServerOptions = {}) {
  const server = await TokenServer.start({ ...GOOD, ...options });
  const home = givenLogin('own', { url: server.url, accessEnds: 10, ...login });
  writeFileSync(
    join(home.home, 'config.toml'),
    `${configNaming(server.url)}[sync.projects]\nunassigned = true\n`,
  );
  await captured(home);
  return { server, ...home };
}

async function captured({ home, clock }: GivenHomeOfLogin): Promise<void> {
  const redrain = await openRedrain({ home, env: SYNC_ON, now: () => clock.now });
  await redrain.capture({ event_id: 'e-1', event_type: 'WPStatusChanged' });
  await redrain.close();
}

async function drained({ home, clock }: GivenHomeOfLogin, env = {}): Promise<DrainReport> {
  const redrain = await openRedrain({ home, env: { ...SYNC_ON, ...env }, now: () => clock.now });
  closeAfterTest(() => redrain.close());
  return redrain.drain();
}

const used = (server: TokenServer): (string | undefined)[] =>
  server.batches.map(({ authorization }) => authorization);

describe('a drain', () => {
  it('renews an expired token before it posts anything', async () => {
    const home = await given({ accessEnds: -1 });
    expect(await drained(home)).to.include({ delivered: 1, blocked_reason: null });
    expect(used(home.server)).to.deep.equal(['Bearer marker-access-1']);
    expect(home.server.seen[0]?.path).to.equal('/api/v1/token/refresh/');
    expect(home.text()).to.contain('marker-refresh-1');
  });

  it('renews a refused token once and posts once more', async () => {
    const home = await given({}, { access: 'another' });
    expect(await drained(home)).to.include({ delivered: 1, transient: 0 });
    expect(used(home.server)).to.deep.equal(['Bearer old-access', 'Bearer marker-access-1']);
    expect(home.server.refreshes).to.have.length(1);
  });

  it('stops with missing_auth when the renewed token is refused too', async () => {
    const home = await given({}, { refusesBatches: true });
    const report = await drained(home);
    expect(report).to.include({ delivered: 0, transient: 1, blocked_reason: 'missing_auth' });
    expect(report.message).to.match(/401/);
    expect(home.server.batches).to.have.length(2);
    expect(home.server.refreshes).to.have.length(1);
  });

  it('says how to log in when a refused token cannot be renewed, and leaves the file alone', async () => {
    const home = await given({ mode: 0o640 }, { access: 'another', refresh: 'another' });
    const before = home.text();
    const report = await drained(home);
    expect(report).to.include({ transient: 1, blocked_reason: 'missing_auth' });
    expect(report.message).to.match(/401.*refused to renew/);
    expect(JSON.stringify(report)).to.not.match(/old-access|old-refresh/);
    expect(home.text()).to.equal(before);
    expect(home.mode()).to.equal(0o640);
    expect(home.server.batches).to.have.length(1);
  });

  it('posts nothing and touches no event when an expired token cannot be renewed', async () => {
    const home = await given({ accessEnds: -1 }, { refresh: 'another' });
    const report = await drained(home);
    expect(report).to.include({
      posts: 0,
      transient: 0,
      unsent: 1,
      blocked_reason: 'missing_auth',
    });
    expect(report.message).to.match(/refused to renew/);
    expect(home.server.batches).to.deep.equal([]);
  });

  it('posts nothing when the server of tokens is out of order', async () => {
    const home = await given({ accessEnds: -1 }, { answerTokens: () => [503, {}] });
    const report = await drained(home);
    expect(report).to.include({ posts: 0, unsent: 1, blocked_reason: 'network_unavailable' });
  });

  it('posts nothing, and asks nothing, when the login is over', async () => {
    const home = await given({ accessEnds: -1, refreshEnds: -1 });
    const report = await drained(home);
    expect(report).to.include({ posts: 0, unsent: 1, blocked_reason: 'missing_auth' });
    expect(home.server.seen).to.deep.equal([]);
  });

  it('does not renew a token of the environment', async () => {
    const home = await given();
    const env = { SPEC_KITTY_TOKEN: 'env-token', SPEC_KITTY_TEAM: 'blue' };
    const report = await drained(home, env);
    expect(report).to.include({ transient: 1, blocked_reason: 'missing_auth' });
    expect(report.message).to.match(/SPEC_KITTY_TOKEN/);
    expect(used(home.server)).to.deep.equal(['Bearer env-token']);
    expect(home.server.refreshes).to.deep.equal([]);
  });

  it('sends credentials to their own server alone', async () => {
    const home = await given({ accessEnds: -1 });
    const other = await TokenServer.start(GOOD);
    const before = home.text();
    const file = join(home.home, 'credentials');
    const kitty = kittyFile({ url: home.server.url, accessEnds: -1 });
    writeFileSync(file, kitty);
    const report = await drained(home, { SPEC_KITTY_SAAS_URL: other.url });
    expect(report).to.include({ posts: 0, blocked_reason: 'missing_auth' });
    expect(report.message).to.contain(other.url).and.contain(home.server.url);
    expect(other.seen).to.deep.equal([]);
    expect(home.server.seen).to.deep.equal([]);
    expect([home.text(), readFileSync(file, 'utf8')]).to.deep.equal([before, kitty]);
  });

  it('never lets a token out over plain http to another machine', async () => {
    const home = givenLogin('own', { url: 'http://192.0.2.1:9', accessEnds: -1 });
    writeFileSync(home.file, ownFile({ url: 'http://192.0.2.1:9', accessEnds: -1 }));
    await captured(home);
    const report = await drained(home);
    expect(report).to.include({ posts: 0, blocked_reason: 'missing_auth' });
    expect(report.message).to.match(/unencrypted/);
  });
});
