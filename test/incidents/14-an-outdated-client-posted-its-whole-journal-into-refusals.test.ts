import { expect } from 'chai';
import { envelopes } from '../library/given-redrain.js';
import { captured } from '../processes/given-events.js';
import { eventServer, said, verdicts } from '../support/event-server.js';
import { Machine } from '../support/machine.js';
import { WarmCli } from '../support/warm-cli.js';

const GUIDANCE = 'this protocol is retired: pip install --upgrade spec-kitty-cli';

describe('incident 14: an outdated client posted its whole journal into refusals', () => {
  it('one refusal of the client ends the pass, parks nothing, and its advice is printed', async () => {
    const server = await eventServer();
    server.answer = () =>
      said(412, { error: 'outdated', sync_protocol: { upgrade_guidance: GUIDANCE } });
    const cli = new WarmCli();
    const machine = new Machine(cli.env, cli.home).sendTo(server.url, 'max_events = 10\n');
    await captured(cli, envelopes(50));

    const run = await cli.run(['now']);
    expect(run.code).to.equal(7);
    expect(run.stdout).to.contain(GUIDANCE).and.contain('40 events not sent yet');
    expect(server.posts).to.have.length(1);
    expect(machine.tally()).to.deep.equal({ failed_transient: 10 });

    server.answer = (ids) => verdicts(ids, () => 'success');
    expect(await machine.open().drain()).to.include({ delivered: 50, terminal_failed: 0 });
  });
});
