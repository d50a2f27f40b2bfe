import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { UnknownTargetNameError } from '../../src/app/named-target.js';
import { captureWorker } from '../../src/workers/capture-worker.js';
import { dispatchWorker } from '../../src/workers/dispatch-worker.js';
import { stateOf } from '../support/temporary-home.js';
import { givenService, runIdle } from '../workers/given-service.js';
import { envelopes, givenRedrain } from './given-redrain.js';

describe('the library adds jobs', () => {
  it('that a worker on the same home takes', async () => {
    const { home, redrain, receiver } = await givenRedrain();
    const events = envelopes(3).map((envelope) => JSON.stringify(envelope));
    const added = await redrain.enqueue('capture', { events });
    expect(added).to.include({ queue: 'capture', state: 'waiting' });
    await runIdle(captureWorker, await givenService(home));
    await redrain.enqueue('dispatch', {});
    const service = await givenService(home, [], { receiver: () => receiver });
    await runIdle(dispatchWorker, service);
    expect(receiver.posts.flat()).to.deep.equal(['e0', 'e1', 'e2']);
  });

  it('for a target that is known, and for no other', async () => {
    const { redrain } = await givenRedrain();
    await redrain.capture({ event_id: 'e', event_type: 'WPStatusChanged' });
    await redrain.drain();
    const [target] = await redrain.targets();
    const targetId = target?.id as number;
    expect((await redrain.enqueue('dispatch', { targetId })).data).to.deep.equal({ targetId });
    let refused: unknown;
    await redrain.enqueue('dispatch', { targetId: 99 }).catch((error: unknown) => {
      refused = error;
    });
    expect(refused).to.be.instanceOf(UnknownTargetNameError);
  });

  it('of data that make one, and leaves no job of others', async () => {
    const { home, redrain } = await givenRedrain();
    const data = { events: [1] } as unknown as { events: string[] };
    let refused: unknown;
    await redrain.enqueue('capture', data).catch((error: unknown) => {
      refused = error;
    });
    expect(String(refused)).to.include('events');
    const { queues } = await givenService(home);
    expect(existsSync(join(stateOf(home), 'jobs.db'))).to.equal(true);
    expect(await queues.queue('capture').getJobCounts()).to.include({ waiting: 0, failed: 0 });
  });
});
