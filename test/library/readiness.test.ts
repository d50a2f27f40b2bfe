import { expect } from 'chai';
import { openRedrain, type ReadinessReport } from '../../src/index.js';
import { thisProcess } from '../../src/targets/holder.js';
import { type ScriptedAnswer, scriptedServer } from '../receivers/scripted-server.js';
import { describeOnEachHome } from '../support/each-engine.js';
import { closeAfterTest, makeTheirs, temporaryHome } from '../support/temporary-home.js';
import { envelopes, externalTo, givenRedrain, writeConfig } from './given-redrain.js';

const ON = { SPEC_KITTY_ENABLE_SAAS_SYNC: '1' };
const SIGNED_IN = { ...ON, SPEC_KITTY_TOKEN: 'token', SPEC_KITTY_TEAM: 'blue' };
const HEALTH: ScriptedAnswer = { status: 200, body: '{"server_instance_id":"i"}' };

const teamspace = (url: string): string => `[sync]\nserver_url = "${url}"\n`;

async function readinessOf(
  config: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<ReadinessReport> {
  const home = temporaryHome();
  if (config !== undefined) writeConfig(home, config);
  const redrain = await openRedrain({ home, env });
  closeAfterTest(() => redrain.close());
  return redrain.readiness();
}

async function givenServer(answer: ScriptedAnswer = HEALTH) {
  const server = await scriptedServer(() => answer);
  closeAfterTest(() => server.close());
  return server;
}

describe('readiness', () => {
  it('names the first that is missing, in its order, and opens no socket before', async () => {
    const { url, connections } = await givenServer();
    const steps: [
      config: string | undefined,
      env: NodeJS.ProcessEnv,
      state: string,
      next: RegExp,
    ][] = [
      [undefined, {}, 'no_target', /redrain targets add/],
      [teamspace(url), {}, 'rollout_disabled', /SPEC_KITTY_ENABLE_SAAS_SYNC=1/],
      ['[sync]\nmode = "LOCAL_RETENTION"\n', SIGNED_IN, 'rollout_disabled', /redrain mode/],
      [undefined, ON, 'missing_auth', /redrain login/],
      [teamspace(url), ON, 'missing_auth', /redrain login/],
      [teamspace(url), { ...ON, SPEC_KITTY_TOKEN: 't' }, 'missing_auth', /redrain login/],
      ['[sync\n', SIGNED_IN, 'missing_host_config', /fix .*config\.toml/],
      [teamspace('http://far.test'), SIGNED_IN, 'missing_host_config', /https/],
      ['[sync]\nmode = "EXTERNAL_RECEIVER"\n', {}, 'no_target', /redrain targets add/],
      ['[redrain]\nmode = "endpoint"\ntarget = "x"\n', {}, 'missing_host_config', /redrain use/],
      [externalTo(url, 'auth_env = "HOOK"\n'), {}, 'missing_auth', /export HOOK/],
    ];
    for (const [config, env, state, next] of steps) {
      const report = await readinessOf(config, env);
      expect(report.state, `${config} ${JSON.stringify(env)}`).to.equal(state);
      expect(report.next_action).to.match(next);
      expect(report.message).to.not.equal('');
    }
    expect(connections()).to.equal(0);
  });

  it('is missing_host_config while two servers are named', async () => {
    const { url, connections } = await givenServer();
    const env = {
      ...SIGNED_IN,
      SPEC_KITTY_SAAS_URL: 'https://other.test',
      SPEC_KITTY_SAAS_URL_MODE: 'setup_only',
    };
    expect(await readinessOf(teamspace(url), env)).to.include({ state: 'missing_host_config' });
    expect(connections()).to.equal(0);
  });

  it('is ready for a server that answers with its health, and asks it once with its token', async () => {
    const { url, seen } = await givenServer();
    const report = await readinessOf(teamspace(url), SIGNED_IN);
    expect(report).to.include({ state: 'ready', next_action: null });
    expect(report.target).to.include({ healthUrl: `${url}/api/v1/sync/health/` });
    expect(seen).to.have.length(1);
    expect(seen[0]).to.include({ method: 'GET', path: '/api/v1/sync/health/' });
    expect(seen[0]?.headers).to.include({ authorization: 'Bearer token', 'x-team-slug': 'blue' });
  });

  it('is ready where health is not offered, and not where a gateway answers in its place', async () => {
    const state = async (answer: ScriptedAnswer): Promise<string> => {
      const { url } = await givenServer(answer);
      return (await readinessOf(teamspace(url), SIGNED_IN)).state;
    };
    expect(await state({ status: 404 })).to.equal('ready');
    expect(await state({ status: 502, body: HEALTH.body ?? '' })).to.equal('host_unreachable');
    expect(await state({ status: 200, body: '<html>' })).to.equal('host_unreachable');
    expect(await state({ status: 401 })).to.equal('missing_auth');
    const gone = await givenServer();
    await gone.close();
    expect((await readinessOf(teamspace(gone.url), SIGNED_IN)).state).to.equal('host_unreachable');
  });

  it('asks an endpoint of one’s own with a bare GET, and the stub not at all', async () => {
    const { url, seen } = await givenServer({ status: 405 });
    const config = externalTo(`${url}/in`, 'auth_env = "HOOK"\n');
    expect(await readinessOf(config, { HOOK: 'secret' })).to.include({ state: 'ready' });
    expect(seen[0]).to.include({ method: 'GET', path: '/in' });
    expect(seen[0]?.headers).to.not.have.property('authorization');
    expect(await readinessOf(externalTo('stub:'), {})).to.include({ state: 'ready' });
  });
});

describeOnEachHome('preflight', (on) => {
  it('says who drains the target, and whether that is somebody like us', async () => {
    const { home, redrain } = await givenRedrain({ on });
    expect(await redrain.preflight()).to.include({ ok: true, owner: null });
    await redrain.captureMany(envelopes(1));
    await redrain.drain();
    const holder = thisProcess({
      server_url: 'http://a.test/in',
      team_or_user: null,
      queue_db_path: null,
    });
    const lease = (more: object): Promise<void> =>
      on.change(
        home,
        `UPDATE target SET lease_holder = '${JSON.stringify({ ...holder, ...more })}'`,
      );
    await lease({});
    const { ok, owner, target } = await redrain.preflight();
    expect(ok).to.equal(true);
    expect(owner).to.include({ status: 'present', pid: process.pid });
    expect(target).to.equal(undefined);
    makeTheirs(home);
    expect((await redrain.preflight()).target).to.have.property('batchUrl');
    await lease({ package_version: '0.0.1' });
    const other = await redrain.preflight();
    expect(other.ok).to.equal(false);
    expect(other.mismatches[0]).to.include({ field: 'package_version', daemon_value: '0.0.1' });
    await lease({ pid: 2 ** 30 });
    expect((await redrain.preflight()).orphans[0]).to.include({ target_id: 1, status: 'orphan' });
  });
});
