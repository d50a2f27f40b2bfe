import { expect } from 'chai';
import { changeTarget } from '../../src/app/target-changes.js';
import { HomeGauges } from '../../src/workers/home-gauges.js';
import { externalTo, writeConfig } from '../library/given-redrain.js';
import { ScriptedReceiver, unanswered } from '../support/scripted-receiver.js';
import { temporaryHome } from '../support/temporary-home.js';
import { type GivenService, givenService } from './given-service.js';

const MINUTE_MS = 60_000;

describe('the gauges of a home', () => {
  it('say since when events wait for a target that is down', async () => {
    const { service, drain } = await givenDeadTarget();
    await drain();
    service.clock.now += MINUTE_MS;
    const text = await scraped(service);
    expect(text).to.include('redrain_target_events{target="1",state="transient"} 1\n');
    expect(text).to.include('redrain_oldest_undelivered_seconds{target="1"} 60\n');
  });

  it('are silent about a target that was retired', async () => {
    const { service, drain } = await givenDeadTarget();
    await drain();
    await changeTarget(service.app, '1', { kind: 'retire' });
    expect(await scraped(service)).to.not.include('target="1"');
  });

  it('name what keeps events from leaving, before there is any target', async () => {
    const { service } = await givenDeadTarget('');
    const text = await scraped(service);
    expect(text).to.include('redrain_blocked_events{reason="saas_disabled"} 1\n');
  });

  it('name nothing where nothing stands in the way', async () => {
    const { service } = await givenDeadTarget();
    expect(await scraped(service)).to.not.include('redrain_blocked_events{');
  });

  it('count lost events from zero, so that the first one is an increase', async () => {
    const { service } = await givenDeadTarget();
    expect(await scraped(service)).to.include('redrain_events_captured_total{verdict="lost"} 0\n');
  });
});

/** One event, and a target that never answers. */
async function givenDeadTarget(config = externalTo('http://a.test/in')) {
  const home = temporaryHome();
  writeConfig(home, config);
  const receiver = new ScriptedReceiver();
  receiver.answer = unanswered;
  const service = await givenService(home, [], { receiver: () => receiver });
  await service.app.captureGroup([{ bytes: Buffer.from('{"event_id":"e","event_type":"T"}') }]);
  const { signal } = service.stop;
  const drain = () => service.app.drain({ ignoreBackoff: true, waitForLock: true, signal });
  return { service, drain };
}

/** What `/metrics` answers. */
async function scraped({ app, queues, metrics }: GivenService): Promise<string> {
  const { registry } = metrics;
  await new HomeGauges(registry, app, queues).refresh();
  return registry.metrics();
}
