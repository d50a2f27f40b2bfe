import { expect } from 'chai';
import { changeTarget } from '../../src/app/target-changes.js';
import { HomeGauges } from '../../src/workers/home-gauges.js';
import { externalTo, writeConfig } from '../library/given-redrain.js';
import { arrived, edgeRequest } from '../support/arrivals.js';
import { results, ScriptedReceiver, unanswered } from '../support/scripted-receiver.js';
import { temporaryHome } from '../support/temporary-home.js';
import { announceWorker, type GivenService, givenService } from './given-service.js';

const MINUTE_MS = 60_000;
const EVENT = '{"event_id":"e","event_type":"T"}';

describe('the gauges of a home', () => {
  it('say since when events wait for a target that is down', async () => {
    const { service, drain } = await givenDeadTarget();
    await drain();
    service.clock.now += MINUTE_MS;
    const text = await scraped(service);
    expect(text).to.include('redrain_target_events{target="1",state="transient"} 1\n');
    expect(text).to.include('redrain_oldest_undelivered_seconds{target="1"} 60\n');
  });

  it('name each target, and account for every event of it', async () => {
    const { service, drain } = await givenDeadTarget();
    await drain();
    const text = await scraped(service);
    expect(text).to.match(
      /redrain_target_info\{target="1",name="[a-z0-9.-]+",kind="external"\} 1\n/,
    );
    const terms = [...text.matchAll(/^redrain_target_events\{target="1",state="\w+"\} (\d+)$/gm)];
    expect(terms).to.have.length(13);
    expect(terms.reduce((sum, [, events]) => sum + Number(events), 0)).to.equal(1);
    expect(text).to.include('redrain_target_events{target="1",state="delivered"} 0\n');
  });

  it('count causes in the words of the target, and the rare ones together', async () => {
    const { service, receiver, drain } = await givenDeadTarget();
    const ids = Array.from({ length: 9 }, (_, at) => `e${at}`);
    await captured(service, ids);
    receiver.answer = (batch) =>
      results(batch, ({ eventId }) => ({
        kind: 'rejected',
        reason: `no ${eventId < 'e2' ? 'thanks' : eventId}: ${'long '.repeat(40)}`,
      }));
    await drain();
    const text = await scraped(service);
    const rows = [
      ...text.matchAll(/^redrain_cause_events\{.*state="rejected",cause="(.*)"\} (\d+)$/gm),
    ];
    expect(rows).to.have.length(6);
    expect(rows[0]?.[1])
      .to.match(/^no thanks: long /)
      .and.have.length.at.most(100);
    expect(rows.at(-1)?.[1]).to.equal('other');
    expect(rows.reduce((sum, [, , events]) => sum + Number(events), 0)).to.equal(10);
  });

  it('tell payload bytes, the spool and the workers that are alive', async () => {
    const { service } = await givenDeadTarget();
    await announceWorker(service, { kind: 'gc' });
    const text = await scraped(service);
    expect(text).to.include(`redrain_journal_bytes ${EVENT.length}\n`);
    expect(text).to.include('redrain_spool_events 0\n');
    expect(text).to.include('redrain_spool_files{state="torn"} 0\n');
    expect(text).to.include('redrain_workers{kind="gc"} 1\n');
    expect(text).to.include('redrain_workers{kind="capture"} 0\n');
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
    expect(text).to.include('redrain_blocked_events{reason="no_target"} 1\n');
  });

  it('name nothing where nothing stands in the way', async () => {
    const { service } = await givenDeadTarget();
    expect(await scraped(service)).to.not.include('redrain_blocked_events{');
  });

  it('tell of the edges that send to this home, whichever process takes their events', async () => {
    const { service } = await givenDeadTarget();
    const { journal } = await service.app.stores();
    const receivedAt = service.clock.now;
    const request = edgeRequest({ name: 'laptop', receivedAt });
    await journal.append(arrived([1, 4], request), 'capture');
    service.clock.now += MINUTE_MS;
    const text = await scraped(service);
    expect(text).to.include('redrain_edges 1\n');
    expect(text).to.include('redrain_edge_missing_numbers{edge="laptop"} 2\n');
    expect(text).to.include('redrain_edge_last_seen_seconds{edge="laptop"} 60\n');
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
  await captured(service, ['e']);
  const { signal } = service.stop;
  const drain = () => service.app.drain({ ignoreBackoff: true, waitForLock: true, signal });
  return { service, receiver, drain };
}

const captured = ({ app }: GivenService, ids: readonly string[]) =>
  app.captureGroup(ids.map((id) => ({ bytes: Buffer.from(EVENT.replace('"e"', `"${id}"`)) })));

/** What `/metrics` answers. */
async function scraped({ app, queues, metrics }: GivenService): Promise<string> {
  const { registry } = metrics;
  await new HomeGauges(registry, app, queues).refresh();
  return registry.metrics();
}
