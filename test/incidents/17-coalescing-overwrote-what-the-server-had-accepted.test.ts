import { expect } from 'chai';
import { startReceiver } from '../support/cli.js';
import { eventServer, verdicts } from '../support/event-server.js';
import { Machine } from '../support/machine.js';
import { results, ScriptedReceiver } from '../support/scripted-receiver.js';
import { WarmCli } from '../support/warm-cli.js';

const COALESCE = '[sync.coalesce]\nArtifactIndexed = ["path"]\n';
const KINDS = ['pending', 'rejected', 'success', 'something new'];

/** The same artifact, told again and again. */
const told = (id: string, n: number): string =>
  `{"event_id": "${id}", "event_type":"ArtifactIndexed",  "path":"docs/spec.md", "n":${n}.0}`;

/** Both events are there with their bytes, and whoever has neither is given both. */
async function assertBothStand(machine: Machine): Promise<void> {
  expect(machine.rows('SELECT * FROM mark'), 'nothing is coalesced').to.deep.equal([]);
  expect(bytesOf(machine)).to.deep.equal([told('one', 1), told('two', 2)]);
  const newcomer = await eventServer();
  await machine.sendTo(newcomer.url, COALESCE).open().drain();
  expect(newcomer.posts).to.deep.equal([['one', 'two']]);
}

const bytesOf = (machine: Machine): string[] =>
  machine
    .rows<{ bytes: Buffer }>('SELECT bytes FROM payload ORDER BY seq')
    .map(({ bytes }) => bytes.toString());

describe('incident 17: coalescing overwrote an event that the server had accepted', () => {
  for (const status of KINDS)
    it(`an event that has left is never touched again, whatever was said of it: ${status}`, async () => {
      const server = await eventServer();
      server.answer = (ids) => verdicts(ids, () => status);
      const machine = new Machine().sendTo(server.url, COALESCE);
      const redrain = machine.open();
      await redrain.capture(told('one', 1));
      await redrain.drain();
      await redrain.capture(told('two', 2));

      server.answer = (ids) => verdicts(ids, () => 'success');
      await redrain.drain();
      expect(machine.statuses()).to.deep.equal({ one: 'success', two: 'success' });
      await assertBothStand(machine);
    });

  it('nor is one that is on the wire at this moment', async () => {
    const receiver = new ScriptedReceiver();
    const machine = new Machine().sendTo('http://a.test/in', COALESCE);
    const redrain = machine.open({ receiver: () => receiver });
    await redrain.capture(told('one', 1));
    receiver.answer = async (batch) => {
      if (receiver.posts.length === 1) await redrain.capture(told('two', 2));
      return results(batch, () => ({ kind: 'success' }));
    };
    await redrain.drain();
    await redrain.drain();
    expect(receiver.posts).to.deep.equal([['one'], ['two']]);
    await assertBothStand(machine);
  });

  it('nor is one of which nobody knows whether it has arrived: the drain was killed', async () => {
    const receiver = await startReceiver();
    const cli = new WarmCli();
    const machine = new Machine(cli.env, cli.home).sendTo(receiver.url, COALESCE);
    const redrain = machine.open();
    await redrain.capture(told('one', 1));
    const killed = await cli.run(['now'], { crash: { step: 'dispatch.posted', nth: 1 } });
    expect(killed.signal).to.equal('SIGKILL');

    await redrain.capture(told('two', 2));
    expect(await redrain.drain()).to.include({ recovered: 1, unsent: 0 });
    for (const [n, id] of ['one', 'two'].entries())
      expect(receiver.sink.bytesOf(id)?.toString()).to.equal(told(id, n + 1));
    await assertBothStand(machine);
  });

  it('what has not left yet is coalesced, and its bytes are kept all the same', async () => {
    const receiver = await startReceiver();
    const machine = new Machine().sendTo(receiver.url, COALESCE);
    const redrain = machine.open();
    for (const [n, id] of ['one', 'two', 'three'].entries()) await redrain.capture(told(id, n));
    expect(await redrain.drain()).to.include({ delivered: 1, unsent: 0 });
    expect(receiver.sink.eventIds()).to.deep.equal(['three']);
    expect(bytesOf(machine)).to.have.length(3);
  });
});
