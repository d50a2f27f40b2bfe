import { expect } from 'chai';
import type { GcReport } from '../../src/app/gc.js';
import { envelopes } from '../library/given-redrain.js';
import { captured } from '../processes/given-events.js';
import { type Cli, startReceiver } from '../support/cli.js';
import { openCore } from '../support/core.js';
import { assertLedgerInvariant } from '../support/invariant.js';
import { Machine } from '../support/machine.js';
import { WarmCli } from '../support/warm-cli.js';

/** Everything is at the one receiver that counts; a preview was tried once and is gone. */
async function givenThrowAway(): Promise<{ cli: Cli; machine: Machine; preview: string }> {
  const [kept, preview] = [await startReceiver(), await startReceiver()];
  await preview.close();
  const cli = new WarmCli();
  const machine = new Machine(cli.env, cli.home).sendTo(preview.url);
  await captured(cli, envelopes(5));
  const redrain = machine.open();
  expect(await redrain.drain()).to.include({ transient: 5 });
  machine.sendTo(kept.url);
  expect(await redrain.drain()).to.include({ delivered: 5 });
  await redrain.close();
  return { cli, machine, preview: preview.url };
}

describe('incident 26: one throw-away target, and gc was never possible again', () => {
  it('a target that is retired holds nothing back, and its deliveries are kept', async () => {
    const { cli, machine, preview } = await givenThrowAway();
    const before = await cli.run(['gc', '--json']);
    expect(before.json<GcReport>()).to.include({ dry_run: true, events: 0 });

    const retired = await cli.run(['targets', 'retire', preview]);
    expect(retired.code, retired.stderr).to.equal(0);
    const gc = await cli.run(['gc', '--yes', '--json']);

    expect(gc.code, gc.stderr).to.equal(0);
    expect(gc.json<GcReport>()).to.include({ dry_run: false, events: 5 });
    expect(machine.rows('SELECT count(*) AS n FROM payload')).to.deep.equal([{ n: 0 }]);
    expect(machine.tally()).to.deep.equal({ success: 5, failed_transient: 5 });
    assertLedgerInvariant(await openCore(cli.home));
  });
});
