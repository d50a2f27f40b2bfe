import { expect } from 'chai';
import { envelopes } from '../library/given-redrain.js';
import { captured } from '../processes/given-events.js';
import { eventServer } from '../support/event-server.js';
import { Machine } from '../support/machine.js';
import { WarmCli } from '../support/warm-cli.js';

describe('incident 27: an external receiver waited for the switch of the hosted service', () => {
  it('with the switch off and nobody signed in, `now` delivers to one’s own endpoint', async () => {
    const server = await eventServer();
    const cli = new WarmCli({ SPEC_KITTY_ENABLE_SAAS_SYNC: '0' });
    const machine = new Machine(cli.env, cli.home).sendTo(server.url);
    await captured(cli, envelopes(3));
    const run = await cli.run(['now']);
    expect(run, run.stderr).to.include({ code: 0, stderr: '' });
    expect(run.stdout).to.contain('3 delivered');
    expect(machine.rows('SELECT DISTINCT drain_blocked_reason AS r FROM event')).to.deep.equal([
      { r: null },
    ]);
    expect(await machine.open().readiness()).to.include({ state: 'ready' });
  });

  it('each receiver has its own gates: what closes one leaves the other open', async () => {
    const server = await eventServer();
    const machine = new Machine({ HOOK_TOKEN: '' }).sendTo(server.url, 'auth_env = "HOOK_TOKEN"\n');
    const redrain = machine.open();
    await redrain.captureMany(envelopes(2));
    const own = await redrain.drain();
    expect(own).to.include({ posts: 0, blocked_reason: 'missing_auth' });
    expect(own.message).to.contain('HOOK_TOKEN');

    machine.configure(`[sync]\nserver_url = "${server.url}"\n`);
    const hosted = await redrain.drain();
    expect(hosted).to.include({ posts: 0, blocked_reason: 'saas_disabled' });
    expect(hosted.message).to.contain('switched off');

    machine.sendTo(server.url);
    expect(await redrain.drain()).to.include({ delivered: 2, blocked_reason: null });
  });
});
