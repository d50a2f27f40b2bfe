import { expect } from 'chai';
import type { DrainReport } from '../../src/dispatch/drain-report.js';
import { Cli, type RunningCli } from '../support/cli.js';
import { captured, envelopes, sendTo } from './given-events.js';
import { type HeldReceiver, heldReceiver } from './held-receiver.js';
import { deliveriesAt, idsWith } from './journal-rows.js';

const EVENTS = 20;
const PER_POST = 5;
const STOPPING = 'stopping after the batch in flight';

/** A drain whose second post is on the wire and not answered yet. */
async function givenSecondPostInFlight(): Promise<{
  cli: Cli;
  receiver: HeldReceiver;
  running: RunningCli;
}> {
  const cli = new Cli();
  const receiver = await heldReceiver(2);
  sendTo(cli, receiver.url, { maxEvents: PER_POST });
  await captured(cli, envelopes(EVENTS));
  const running = cli.start(['now', '--json']);
  await receiver.arrived(2);
  return { cli, receiver, running };
}

async function stop(running: RunningCli, signal: NodeJS.Signals): Promise<void> {
  running.kill(signal);
  await running.until(({ stderr }) => stderr.includes(STOPPING), 'a word about stopping');
}

describe('a drain that is asked to stop', () => {
  for (const [signal, code] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ] as const)
    it(`finishes and records the batch in flight on ${signal}, and exits ${code}`, async () => {
      const { cli, receiver, running } = await givenSecondPostInFlight();
      running.kill('SIGUSR1');
      await stop(running, signal);
      receiver.release();

      const ended = await running.exited;
      expect(ended.code, ended.stderr).to.equal(code);
      expect(ended.stderr, 'what SIGUSR1 opens without a listener').not.to.include('Debugger');
      expect(ended.json<DrainReport>()).to.include({
        selected: 2 * PER_POST,
        delivered: 2 * PER_POST,
        posts: 2,
        unsent: EVENTS - 2 * PER_POST,
        interrupted: true,
      });
      const delivered = idsWith(deliveriesAt(cli.home, receiver.url), 'success');
      expect(delivered).to.deep.equal(receiver.posts.flat());

      const next = await cli.run(['now', '--json']);
      expect(next.json<DrainReport>()).to.include({
        delivered: EVENTS - 2 * PER_POST,
        recovered: 0,
      });
      expect(receiver.posts.flat()).to.deep.equal([...new Set(receiver.posts.flat())]);
      expect(receiver.posts.flat()).to.have.length(EVENTS);
    });

  it('exits at once on a second signal, and the next drain takes up what was in flight', async () => {
    const { cli, receiver, running } = await givenSecondPostInFlight();
    await stop(running, 'SIGTERM');
    running.kill('SIGTERM');
    expect((await running.exited).code).to.equal(143);

    receiver.release();
    const next = await cli.run(['now', '--json']);
    expect(next.code, next.stderr).to.equal(0);
    expect(next.json<DrainReport>()).to.include({
      recovered: PER_POST,
      delivered: EVENTS - PER_POST,
      unsent: 0,
    });
    const delivered = idsWith(deliveriesAt(cli.home, receiver.url), 'success');
    expect(new Set(delivered)).to.deep.equal(new Set(receiver.posts.flat()));
    expect(delivered).to.have.length(EVENTS);
  });
});
