import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { openRedrain } from '../../src/index.js';
import { ModuleReceiver, type ModuleSettings } from '../../src/receivers/module-receiver.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';
import { anEvent, eventsFor, never } from './events.js';

function given(source: string, settings: Partial<ModuleSettings> = {}): ModuleReceiver {
  const file = join(temporaryHome(), 'own.mjs');
  writeFileSync(file, source);
  const receiver = new ModuleReceiver({
    endpoint: 'module:./own.mjs?key=hidden-key',
    file,
    query: '?key=hidden-key',
    secrets: ['hidden-key'],
    ...settings,
  });
  closeAfterTest(() => receiver.close());
  return receiver;
}

const deliver = (receiver: ModuleReceiver, ids = ['a', 'b']) =>
  receiver.deliver(eventsFor(ids), never());

const delivering = (body: string, more = ''): string =>
  `export default { ${more} async deliver(events, context) { ${body} } };`;

describe('a receiver of the operator’s own, as a module', () => {
  it('is called with the events as they were captured, and its query is its own', async () => {
    const receiver = given(
      `const seen = []; export const calls = seen;
       export default { async deliver(events, { generation, signal }) {
         if (signal.aborted || events[0].bytes.toString() !== '{ "n": 1.0 }') throw new Error('no');
         const { id, type, time } = events[0];
         return [{ id, status: 'rejected', reason: JSON.stringify([id, type, time, generation, new URL(import.meta.url).search.length]) }];
       } };`,
    );
    expect(await receiver.closedGate()).to.equal(undefined);
    const event = anEvent('a', {
      bytes: Buffer.from('{ "n": 1.0 }'),
      timestamp: '2026-11-26T12:00:00Z',
      generation: 2,
    });
    const report = await receiver.deliver([event], never());
    expect(report).to.deep.include({
      outcomes: [{ kind: 'rejected', reason: '["a","Noted","2026-11-26T12:00:00Z",2,15]' }],
      bytesSent: 12,
    });
  });

  it("'all' is success for each; a list is read by id, in any order", async () => {
    const all = await deliver(given(delivering("return 'all'")));
    expect(all.outcomes).to.deep.equal([{ kind: 'success' }, { kind: 'success' }]);
    const statuses = [
      'success',
      'duplicate',
      'pending',
      'rejected',
      'terminal_failed',
      'transient',
    ];
    const receiver = given(
      delivering('return events.map(({ id }) => ({ id, status: id, reason: id })).reverse()'),
    );
    const { outcomes } = await deliver(receiver, [...statuses, 'delivered']);
    expect(outcomes.map((outcome) => outcome?.kind)).to.deep.equal([...statuses, 'transient']);
    expect(outcomes[6]).to.deep.equal({ kind: 'transient', reason: 'unknown status delivered' });
    const none = await deliver(given(delivering('return [null, { id: 7 }]')));
    expect(none.outcomes[0]).to.deep.equal({
      kind: 'transient',
      reason: 'missing per-event result',
    });
  });

  it('what it throws makes all of them wait, under its name, and without a secret', async () => {
    const receiver = given(
      delivering(
        "throw Object.assign(new Error('queue full at ?key=hidden-key'), { retryAfterMs: 7000 })",
        "name: 'orders',",
      ),
    );
    await receiver.closedGate();
    const report = await deliver(receiver);
    expect(report.outcomes.map((outcome) => outcome?.kind)).to.deep.equal([
      'transient',
      'transient',
    ]);
    expect(report.error).to.match(/^orders: queue full at \?key=\[secret\]/);
    expect(report.retryAfterMs).to.equal(7_000);
  });

  it('a call that never ends is over with its deadline', async () => {
    const receiver = given(delivering('await new Promise(() => undefined)'), { deadlineMs: 50 });
    const report = await deliver(receiver);
    expect(report.error).to.match(/no result within 0\.05 s/);
    expect(report.httpStatus).to.equal(null);
  });

  it('what is returned and means nothing is not success', async () => {
    for (const value of ['undefined', "'ok'", 'true', '{}']) {
      const report = await deliver(given(delivering(`return ${value}`)));
      expect(report.outcomes[0], value).to.have.property('kind', 'transient');
      expect(report.error).to.include('neither "all" nor a list');
    }
  });

  it('one that cannot be loaded closes the gate and says which', async () => {
    const broken = given('export default {').closedGate();
    const other = given('export const deliver = () => undefined').closedGate();
    const absent = given('', { file: '/nowhere/own.mjs' }).closedGate();
    for (const gate of await Promise.all([broken, other, absent])) {
      expect(gate).to.have.property('reason', 'config_unreadable');
      expect(gate?.message).to.match(/^the module module:\.\/own\.mjs\?key=… cannot be used: /);
      expect(gate?.message).to.not.include('hidden-key');
    }
    const missing = await given('', { missing: 'OWN_KEY' }).closedGate();
    expect(missing).to.have.property('reason', 'missing_auth');
    expect(missing?.message).to.include('OWN_KEY');
  });

  it('says how much one call takes; else the settings of the target do', async () => {
    const own = given(delivering("return 'all'", 'limits: { maxEvents: 2 },'), {
      limits: { maxEvents: 9, maxBytes: 99 },
    });
    expect(own.limits).to.deep.equal({ maxEvents: 9, maxBytes: 99 });
    await own.closedGate();
    expect(own.limits).to.deep.equal({ maxEvents: 2, maxBytes: 99 });
  });

  it('is a target like any other, from its address beside the configuration', async () => {
    const home = temporaryHome();
    writeFileSync(
      join(home, 'own.mjs'),
      `import { appendFileSync } from 'node:fs';
       export default { async deliver(events) {
         for (const { id } of events) appendFileSync(new URL('taken', import.meta.url), id + '\\n');
         return 'all';
       } };`,
    );
    writeFileSync(
      join(home, 'config.toml'),
      '[sync]\nmode = "EXTERNAL_RECEIVER"\ntarget = "own"\n[sync.targets.own]\nurl = "module:./own.mjs"\n',
    );
    const redrain = await openRedrain({ home, env: {} });
    closeAfterTest(() => redrain.close());
    await redrain.captureMany([
      { event_id: 'a', event_type: 'T' },
      { event_id: 'b', event_type: 'T' },
    ]);
    expect(await redrain.drain()).to.include({ delivered: 2, posts: 1, blocked_reason: null });
    expect(await redrain.drain()).to.include({ posts: 0 });
    expect((await redrain.readiness()).state).to.equal('ready');
  });
});
