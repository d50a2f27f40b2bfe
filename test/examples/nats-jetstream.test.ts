import { randomUUID } from 'node:crypto';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { expect } from 'chai';
import { withoutEngine } from '../support/engines.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { drainedTwice, eventOf, ownReceiver, statuses } from './own-receiver.js';

const SERVER = process.env.NATS_URL ?? 'nats://127.0.0.1:4222';
const MODULE = 'nats-jetstream/nats-jetstream.mjs';

/** A stream for one test, and what was stored in it. */
async function givenStream(connection: NatsConnection) {
  const manager = await jetstreamManager(connection);
  const name = `redrain-${randomUUID()}`;
  await manager.streams.add({ name, subjects: [name] });
  closeAfterTest(async () => {
    await manager.streams.delete(name);
  });
  const stored = async () => {
    const { state } = await manager.streams.info(name);
    const messages = [];
    for (let seq = 1; seq <= state.messages; seq += 1)
      messages.push(await manager.streams.getMessage(name, { seq }));
    return messages;
  };
  return { subject: name, stored };
}

describe('the example of a receiver for NATS JetStream', () => {
  let connection: NatsConnection;

  before(async function () {
    try {
      connection = await connect({ servers: SERVER, timeout: 1_000, reconnect: false });
    } catch (error) {
      withoutEngine(this, 'NATS', `no server at ${SERVER} (${(error as Error).message})`);
    }
  });
  after(() => connection?.close());

  it('publishes each event once, with its bytes, id and type', async () => {
    const { subject, stored } = await givenStream(connection);
    const receiver = await ownReceiver(MODULE, { subject, servers: SERVER });
    const events = [eventOf('a', '{ "x": 1 }'), eventOf('b')];
    expect(await statuses(receiver, events)).to.deep.equal(['a success', 'b success']);
    expect(await statuses(receiver, [eventOf('b'), eventOf('c')])).to.deep.equal([
      'b duplicate',
      'c success',
    ]);
    const messages = await stored();
    expect(messages.map((each) => each?.header.get('event-id'))).to.deep.equal(['a', 'b', 'c']);
    expect(messages[0]?.string()).to.equal('{ "x": 1 }');
    expect(messages[0]?.header.get('event-type')).to.equal('OrderPlaced');
  });

  it('publishes a replay again', async () => {
    const { subject, stored } = await givenStream(connection);
    const receiver = await ownReceiver(MODULE, { subject, servers: SERVER });
    await statuses(receiver, [eventOf('a')]);
    expect(await statuses(receiver, [eventOf('a')], 2)).to.deep.equal(['a success']);
    const messages = await stored();
    const generations = messages.map((each) => each?.header.get('redrain-generation'));
    expect(generations).to.deep.equal(['', '2']);
  });

  it('says that an event waits when no stream takes it', async () => {
    const subject = randomUUID();
    const receiver = await ownReceiver(MODULE, { subject, servers: SERVER });
    const { signal } = new AbortController();
    expect(await receiver.deliver([eventOf('a')], { signal, generation: 1 })).to.deep.equal([
      {
        id: 'a',
        status: 'transient',
        reason: `NATS: no stream takes ${subject}, or JetStream is not enabled`,
      },
    ]);
  });

  it('throws when there is no server, and works once there is one', async () => {
    const receiver = await ownReceiver(MODULE, { subject: 'x', servers: '127.0.0.1:1' });
    const error = await statuses(receiver, [eventOf('a')]).catch((reason: Error) => reason);
    expect(error).to.be.instanceOf(Error);
  });

  it('is a target like any other', async () => {
    const { subject, stored } = await givenStream(connection);
    const [first, replay] = await drainedTwice(MODULE, { subject, servers: SERVER });
    expect(first).to.include({ delivered: 3, blocked_reason: null });
    expect(replay).to.include({ delivered: 3, transient: 0 });
    expect(await stored()).to.have.lengthOf(6);
  });
});
