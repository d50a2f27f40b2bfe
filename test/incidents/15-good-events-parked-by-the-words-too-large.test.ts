import { expect } from 'chai';
import { envelopes } from '../library/given-redrain.js';
import { captured } from '../processes/given-events.js';
import { eventServer, said, verdicts } from '../support/event-server.js';
import { Machine } from '../support/machine.js';
import { WarmCli } from '../support/warm-cli.js';

const WORDS = { error: 'Request body too large: the queue is oversized' };

describe('incident 15: a 429 or 500 with the words "too large" parked good events forever', () => {
  it('only 400 and 413 can say so: with any other status the events are tried again', async () => {
    const server = await eventServer();
    const machine = new Machine().sendTo(server.url);
    const redrain = machine.open();
    await redrain.captureMany(envelopes(3));
    for (const status of [401, 403, 404, 408, 409, 412, 422, 429, 500, 502, 503, 507]) {
      server.answer = () => said(status, WORDS);
      const report = await redrain.drain();
      expect(report, `${status}`).to.include({ transient: 3, terminal_failed: 0, posts: 1 });
    }
    server.answer = (ids) => verdicts(ids, () => 'success');
    expect(await redrain.drain()).to.include({ delivered: 3 });
  });

  for (const status of [400, 413])
    it(`what a ${status} parked alone, \`retry\` brings back`, async () => {
      const server = await eventServer();
      server.answer = (ids) =>
        ids.includes('e1') ? said(status, WORDS) : verdicts(ids, () => 'success');
      const cli = new WarmCli();
      const machine = new Machine(cli.env, cli.home).sendTo(server.url);
      await captured(cli, envelopes(3));
      const parking = machine.open();
      expect(await parking.drain()).to.include({ delivered: 2, terminal_failed: 1 });
      expect(await parking.drain()).to.include({ selected: 0 });
      await parking.close();

      const run = await cli.run(['retry', '--all']);
      expect(run.code, run.stderr).to.equal(0);
      expect(run.stdout).to.contain('1 event');
      server.answer = (ids) => verdicts(ids, () => 'success');
      expect(await machine.open().drain()).to.include({ delivered: 1, terminal_failed: 0 });
      expect(machine.statuses()).to.deep.equal({ e0: 'success', e1: 'success', e2: 'success' });
    });
});
