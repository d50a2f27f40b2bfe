import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Outcome } from '../../src/dispatch/ports.js';
import { type DeliveryState, transition } from '../../src/ledger/transition.js';
import { Machine } from '../support/machine.js';
import { results, ScriptedReceiver } from '../support/scripted-receiver.js';
import { stateOf } from '../support/temporary-home.js';

const EVERY_OUTCOME: readonly Outcome[] = [
  { kind: 'success' },
  { kind: 'duplicate' },
  { kind: 'pending', serverState: 'queued' },
  { kind: 'rejected', reason: 'late' },
  { kind: 'transient', reason: 'late' },
  { kind: 'terminal_failed', reason: 'late' },
];

const verdict = (outcome: Outcome, now: number) => ({
  outcome,
  now,
  posted: true,
  dueNow: false,
  httpStatus: 200,
  deploymentRef: null,
  random: () => 0.5,
});

describe('incident 16: a late rejection undid a delivery, and the event was sent again', () => {
  it('the late rejection of a drain that was taken for dead changes nothing', async () => {
    const machine = new Machine().sendTo('http://a.test/in');
    const [slow, quick] = [new ScriptedReceiver(), new ScriptedReceiver()];
    const [first, second] = [slow, quick].map((one) => machine.open({ receiver: () => one }));
    await first?.capture({ event_id: 'e', event_type: 'T' });
    slow.answer = async (batch) => {
      // Its lock is gone, as it is when its machine comes back from the dead.
      rmSync(join(stateOf(machine.home), 'locks', 'target-1.lock'));
      expect(await second?.drain()).to.include({ delivered: 1, recovered: 1 });
      return results(batch, () => ({ kind: 'rejected', reason: 'late' }));
    };

    const late = await first?.drain();
    expect(late).to.include({ rejected: 0, blocked_reason: 'daemon_lock' });
    expect(machine.statuses()).to.deep.equal({ e: 'success' });
    expect(machine.rows('SELECT rejection_count AS n FROM delivery')).to.deep.equal([{ n: 0 }]);
    expect(await second?.drain()).to.include({ selected: 0, posts: 0 });
    expect(quick.posts).to.deep.equal([['e']]);
  });

  it('a rejection after a replay leaves the success of before in the history', async () => {
    const machine = new Machine().sendTo('http://a.test/in');
    const receiver = new ScriptedReceiver();
    const redrain = machine.open({ receiver: () => receiver });
    await redrain.capture({ event_id: 'e', event_type: 'T' });
    await redrain.drain();
    await redrain.replay({ target: '1' });
    receiver.answer = (batch) => results(batch, () => ({ kind: 'rejected', reason: 'no' }));
    expect(await redrain.drain()).to.include({ rejected: 1 });
    expect(machine.rows('SELECT generation, status FROM delivery_history')).to.deep.equal([
      { generation: 1, status: 'success' },
    ]);
  });

  it('whatever is said after a success or a duplicate, the row stays as it is', () => {
    for (const first of EVERY_OUTCOME.slice(0, 2)) {
      const before: DeliveryState = transition(undefined, verdict(first, 1_000));
      for (const later of EVERY_OUTCOME)
        expect(transition(before, verdict(later, 2_000)), later.kind).to.deep.equal(before);
    }
  });
});
