import { expect } from 'chai';
import {
  envelopes,
  type GivenRedrain,
  givenRedrain,
  writeConfig,
} from '../library/given-redrain.js';
import { describeOnEachHome, type EngineHomes } from '../support/each-engine.js';
import { expectSumsToHold, readableStatus } from './status-sections.js';

const SIGNED_IN = {
  SPEC_KITTY_ENABLE_SAAS_SYNC: '1',
  SPEC_KITTY_TOKEN: 'token',
  SPEC_KITTY_TEAM: 'blue',
  SPEC_KITTY_USER: 'Ada@Example.com',
};

const atServer = (url: string): string =>
  `[sync]\nserver_url = "${url}"\n[sync.projects]\nunassigned = "allow"\n`;

describeOnEachHome('124 events delivered to A, with B as the target now', (on) => {
  it('are retained, not delivered to the current target, and delivered to a previous one', async () => {
    const { redrain } = await given124AtAThenB(on);
    const status = await readableStatus(redrain);
    expect(status.event_journal).to.include({ retained_event_count: 124, archived_event_count: 0 });
    expect(status.delivery_ledger).to.include({
      delivered_current_target: 0,
      delivered_previous_target: 124,
      pending: 0,
      rejected: 0,
      transient: 0,
    });
    expect(status.terminal_failures.count).to.equal(0);
    expect(status.event_journal.drain_blocked).to.deep.equal({ reason: null, waiting: 124 });
  });

  it('are listed under A, as the server, team and user it was', async () => {
    const { redrain } = await given124AtAThenB(on);
    const { delivery_targets } = await readableStatus(redrain);
    expect(delivery_targets.previous).to.have.length(1);
    expect(delivery_targets.previous[0]).to.include({
      target_id: 1,
      canonical_url: 'https://a.example',
      team_slug: 'blue',
      user_email: 'ada@example.com',
      delivered_count: 124,
      reset_signal: null,
    });
  });

  it('wait for B, which is named though nothing was ever sent there', async () => {
    const { redrain } = await given124AtAThenB(on);
    const { delivery_targets } = await readableStatus(redrain);
    expect(delivery_targets.current).to.include({
      target_id: null,
      canonical_url: 'https://b.example',
      team_slug: 'blue',
      user_email: 'ada@example.com',
      reset_signal: null,
    });
  });

  it('go to B with the next drain, and are delivered to both then', async () => {
    const { redrain } = await given124AtAThenB(on);
    expect(await redrain.drain()).to.include({ delivered: 124 });
    const { delivery_ledger, delivery_targets } = await readableStatus(redrain);
    expect(delivery_ledger).to.include({
      delivered_current_target: 124,
      delivered_previous_target: 124,
    });
    expect(delivery_targets.current).to.include({
      target_id: 2,
      canonical_url: 'https://b.example',
    });
    await expectSumsToHold(redrain, 124);
  });

  it('count for A again once A is the target again', async () => {
    const { home, redrain } = await given124AtAThenB(on);
    writeConfig(home, atServer('https://A.example:443/'));
    const { delivery_ledger, delivery_targets } = await readableStatus(redrain);
    expect(delivery_ledger).to.include({
      delivered_current_target: 124,
      delivered_previous_target: 0,
    });
    expect(delivery_targets.current.target_id).to.equal(1);
    expect(delivery_targets.previous).to.deep.equal([]);
  });
});

async function given124AtAThenB(on: EngineHomes): Promise<GivenRedrain> {
  const given = await givenRedrain({ on, config: atServer('https://a.example'), env: SIGNED_IN });
  await given.redrain.captureMany(envelopes(124));
  expect(await given.redrain.drain()).to.include({ delivered: 124 });
  writeConfig(given.home, atServer('https://b.example'));
  return given;
}
