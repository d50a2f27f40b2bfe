import { expect } from 'chai';
import { App } from '../../src/app/app.js';
import { beginPass, claim } from '../ledger/hand-drain.js';
import { captured, envelopes, sendTo } from '../processes/given-events.js';
import { openCore } from '../support/core.js';
import { WarmCli } from '../support/warm-cli.js';

describe('redrain inspect of an event whose post was interrupted', () => {
  it('dates the post by its start, and says that it may have arrived', async () => {
    const cli = new WarmCli();
    sendTo(cli, 'stub:');
    await captured(cli, envelopes(1));
    const app = new App({ home: cli.home, env: {} });
    await app.drain({
      ignoreBackoff: true,
      waitForLock: true,
      limit: 0,
      signal: new AbortController().signal,
    });
    await app.close();
    const core = await openCore(cli.home);
    const started = Date.UTC(2026, 0, 5, 12);
    await claim(core, await beginPass(core, 1, started), { now: started });
    await beginPass(core, 1, started + 90_000);
    const { stdout, stderr } = await cli.run(['inspect', 'e-0001']);
    const lines = stdout.split('\n').filter((line) => line.includes('interrupted before'));
    expect(lines, stdout + stderr).to.not.have.length(0);
    expect(stdout).to.match(
      /2026-01-05T12:00:00\.000Z.*interrupted before its result was recorded: it may have arrived/,
    );
    expect(stdout).to.not.match(/12:01:30.*interrupted before/);
  });
});
