import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import type { DrainReport } from '../../src/dispatch/drain-report.js';
import { envelopes } from '../library/given-redrain.js';
import { captured } from '../processes/given-events.js';
import { eventServer } from '../support/event-server.js';
import { Machine } from '../support/machine.js';
import { stateOf } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';

describe('incident 19: events captured before the login never left', () => {
  it('there is one journal: whoever signs in later delivers what was there', async () => {
    const server = await eventServer();
    const cli = new WarmCli({ SPEC_KITTY_ENABLE_SAAS_SYNC: '1' });
    cli.configure(`[sync]\nserver_url = "${server.url}"\n[sync.projects]\nunassigned = "allow"\n`);
    await captured(cli, envelopes(20, 'nobody'));

    const args = ['login', '--token-stdin', '--team', 'blue', '--user', 'ada@example.com'];
    expect((await cli.run(args, { stdin: 'a-token' })).code).to.equal(0);
    await captured(cli, envelopes(5, 'ada'));
    const now = await cli.run(['now', '--json']);

    expect(now.code, now.stderr).to.equal(0);
    expect(now.json<DrainReport>()).to.include({ delivered: 25, held: 0, unsent: 0 });
    expect(server.posts.flat().filter((id) => id.startsWith('nobody'))).to.have.length(20);
    const machine = new Machine(cli.env, cli.home);
    expect(
      machine.rows('SELECT producer_user AS user, count(*) AS n FROM event GROUP BY 1 ORDER BY 1'),
    ).to.deep.equal([
      { user: null, n: 20 },
      { user: 'ada@example.com', n: 5 },
    ]);
    const databases = readdirSync(stateOf(cli.home)).filter((one) => one.endsWith('.db'));
    expect(databases).to.deep.equal(['journal.db']);
  });
});
