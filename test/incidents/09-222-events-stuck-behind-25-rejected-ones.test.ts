import { expect } from 'chai';
import { envelopes } from '../library/given-redrain.js';
import { type EventServer, eventServer, verdicts } from '../support/event-server.js';
import { Machine } from '../support/machine.js';

const isBad = (id: string): boolean => id.startsWith('bad');

async function givenBadOnesInFront(): Promise<{ server: EventServer; machine: Machine }> {
  const server = await eventServer();
  server.answer = (ids) => verdicts(ids, (id) => (isBad(id) ? 'rejected' : 'success'));
  // A batch has room for the bad ones and nobody else.
  const machine = new Machine().sendTo(server.url, 'max_events = 25\n');
  await machine.open().captureMany([...envelopes(25, 'bad'), ...envelopes(222, 'good')]);
  return { server, machine };
}

describe('incident 9: 222 events stuck behind 25 rejected ones', () => {
  it('one pass goes on past those that fail, and gives each event one outcome', async () => {
    const { server, machine } = await givenBadOnesInFront();
    expect(await machine.open().drain()).to.include({ delivered: 222, rejected: 25, unsent: 0 });
    expect(machine.tally()).to.deep.equal({ success: 222, rejected: 25 });
    expect(server.posts[0]?.every(isBad), 'the bad ones went first').to.equal(true);
    const times = server.posts.flat();
    expect(times).to.have.length(247);
    expect(new Set(times).size).to.equal(247);
  });

  it('nor do they stand in front of what comes later, however often they fail', async () => {
    const { server, machine } = await givenBadOnesInFront();
    const redrain = machine.open();
    for (let day = 0; day < 3; day++) {
      await redrain.captureMany(envelopes(30, `day${day}-`));
      await redrain.drain({ limit: 25 });
    }
    const good = server.posts.flat().filter((id) => !isBad(id));
    expect(good.length).to.be.at.least(24);
    await redrain.drain();
    expect(machine.tally()).to.deep.equal({ success: 222 + 90, rejected: 25 });
  });
});
