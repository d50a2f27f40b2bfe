import { expect } from 'chai';
import type { StatusDocument } from '../../src/app/status.js';
import type { LedgerSection } from '../../src/reports/ledger-section.js';
import { captured, envelopes, sendTo } from '../processes/given-events.js';
import { type Cli } from '../support/cli.js';
import { WarmCli } from '../support/warm-cli.js';

const SECTIONS = [
  'target_authority',
  'event_journal',
  'delivery_targets',
  'delivery_ledger',
  'terminal_failures',
  'migration_conflicts',
  'body_upload_compatibility',
];

async function status(cli: Cli): Promise<StatusDocument> {
  const run = await cli.run(['status', '--json']);
  expect(run.code, run.stderr).to.equal(0);
  return run.json<StatusDocument>();
}

describe('redrain status', () => {
  it('has the seven sections, on a home that does not exist as on any other', async () => {
    const cli = new WarmCli().theirs();
    expect(await status(cli)).to.include.all.keys(...SECTIONS);
    await captured(cli, envelopes(1));
    expect(await status(cli)).to.include.all.keys(...SECTIONS);
  });

  it('tells what is retained from what the current and the previous targets have', async () => {
    const cli = new WarmCli();
    await captured(cli, envelopes(124));
    sendTo(cli, 'stub:a');
    expect((await cli.run(['now'])).code).to.equal(0);
    sendTo(cli, 'stub:b');

    const before = await status(cli);
    expect(before.event_journal).to.include({ retained_event_count: 124 });
    expect(before.delivery_ledger).to.include({
      delivered_current_target: 0,
      delivered_previous_target: 124,
    });
    expect(before.delivery_targets).to.have.nested.property('previous[0].delivered_count', 124);
    const screen = (await cli.run(['status'])).stdout;
    expect(screen).to.match(/events kept +124 /);
    expect(screen).to.match(/current target +stub:b \(nothing was sent there yet\)/);
    expect(screen).to.match(/delivered there +0\n/);
    expect(screen).to.match(/TARGET +NOW[\s\S]* 124 /);
    expect(screen).to.match(/`redrain now` sends 124 events/);

    expect((await cli.run(['now', '--limit', '24'])).code).to.equal(0);
    const { delivery_ledger, event_journal } = await status(cli);
    expect(event_journal).to.include({ retained_event_count: 124 });
    expect(delivery_ledger).to.include({
      delivered_current_target: 24,
      delivered_previous_target: 124,
    });
    const { per_target } = delivery_ledger as LedgerSection;
    expect(per_target.map(({ adds_up, total }) => ({ adds_up, total }))).to.deep.equal([
      { adds_up: true, total: 124 },
      { adds_up: true, total: 124 },
    ]);
    expect(per_target[1]).to.include({ delivered: 24, unsent: 100 });
    const text = (await cli.run(['status'])).stdout;
    expect(text).to.match(/24 delivered \+ 100 unsent = 124/);
    expect(text).to.match(/redrain now.*100 events/);
  });
});
