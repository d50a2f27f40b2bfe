import { expect } from 'chai';
import { liveWorkers } from '../../src/app/jobs/live-workers.js';
import { gcWorker } from '../../src/workers/gc-worker.js';
import { Presence } from '../../src/workers/presence.js';
import { givenService } from './given-service.js';

describe('the presence of a worker', () => {
  it('is known, with what it serves, until it stops', async () => {
    const service = await givenService();
    const { queues, clock } = service;
    let served = ['gc'];
    const presence = new Presence(gcWorker, service, () => ({ queues: served, targets: [7] }));
    await presence.say();
    const [worker] = await liveWorkers(queues, clock.now);
    expect(worker).to.deep.include({
      kind: 'gc',
      pid: process.pid,
      queues: ['gc'],
      targets: [7],
      startedAt: clock.now,
    });
    clock.now += 59_000;
    served = ['gc', 'gc:2'];
    await presence.say();
    clock.now += 59_000;
    expect((await liveWorkers(queues, clock.now)).map((one) => one.queues)).to.deep.equal([served]);
    await presence.stop();
    expect(await queues.workers()).to.deep.equal([]);
  });

  it('is forgotten after a day, and when a clock that was ahead wrote it', async () => {
    const service = await givenService();
    const { queues, clock } = service;
    const say = () => new Presence(gcWorker, service, () => ({ queues: [], targets: [] })).say();
    clock.now += 5 * 365 * 86_400_000;
    await say();
    clock.now -= 5 * 365 * 86_400_000;
    expect(await liveWorkers(queues, clock.now)).to.deep.equal([]);
    await say();
    expect(await queues.workers()).to.have.length(1);
    clock.now += 86_400_001;
    await say();
    expect(await queues.workers()).to.have.length(1);
  });
});
