import { expect } from 'chai';
import { Machine } from '../support/machine.js';
import { results, ScriptedReceiver } from '../support/scripted-receiver.js';
import { WarmCli } from '../support/warm-cli.js';

const MINUTE_MS = 60_000;

describe('incident 28: a rejected event was retried forever, in every pass, at full rate', () => {
  it('workers wait longer after each rejection, and for nobody else', async () => {
    const machine = new Machine().sendTo('http://a.test/in');
    const receiver = new ScriptedReceiver();
    receiver.answer = (batch) =>
      results(batch, ({ eventId }) =>
        eventId === 'bad' ? { kind: 'rejected', reason: 'no' } : { kind: 'success' },
      );
    const redrain = machine.open({ receiver: () => receiver });
    await redrain.capture({ event_id: 'bad', event_type: 'T' });

    const waits: number[] = [];
    for (let attempt = 0; attempt < 14; attempt++) {
      const drained = await redrain.drain({ honourBackoff: true });
      expect(drained, `attempt ${attempt}`).to.include({ rejected: 1 });
      const next = nextAttempt(machine);
      waits.push(next - machine.clock.now);
      machine.clock.now = next - 1;
      const waiting = await redrain.drain({ honourBackoff: true });
      expect(waiting, `before attempt ${attempt + 1}`).to.include({ selected: 0, posts: 0 });
      machine.clock.now = next;
    }

    expect(waits[0], 'at first a moment').to.be.below(MINUTE_MS);
    expect(waits.at(-1), 'at last half an hour or more').to.be.at.least(30 * MINUTE_MS);
    for (const [i, wait] of waits.entries()) expect(wait).to.be.at.least(waits[i - 1] ?? 1);
    machine.clock.now -= 1;
    await redrain.capture({ event_id: 'good', event_type: 'T' });
    expect(await redrain.drain({ honourBackoff: true })).to.include({ selected: 1, delivered: 1 });
  });

  it('its next attempt is shown', async () => {
    const cli = new WarmCli();
    const machine = new Machine(cli.env, cli.home).sendTo('http://a.test/in');
    const receiver = new ScriptedReceiver();
    receiver.answer = (batch) => results(batch, () => ({ kind: 'rejected', reason: 'no' }));
    const redrain = machine.open({ receiver: () => receiver });
    await redrain.capture({ event_id: 'bad', event_type: 'T' });
    await redrain.drain();
    await redrain.close();

    const run = await cli.run(['inspect', 'bad']);
    const next = new Date(nextAttempt(machine)).toISOString();
    expect(run.stdout).to.match(new RegExp(`${next} .*generation 1: earliest next attempt`));
  });
});

const nextAttempt = (machine: Machine): number =>
  machine.rows<{ at: number }>('SELECT next_attempt_at AS at FROM delivery')[0]?.at ?? Number.NaN;
