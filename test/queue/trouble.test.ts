import { expect } from 'chai';
import { GrowingPause } from '../../src/queue/pauses.js';
import { givenQueue } from './given-queue.js';
import { until } from './waiting.js';

describe('lasting trouble with jobs.db', () => {
  it('is met with pauses that double, up to a bound, and soon after somebody could write', () => {
    let now = 0;
    const pause = new GrowingPause(
      () => now,
      () => 0,
    );
    expect(pause.lasts(false)).to.equal(false);
    const lengths: number[] = [];
    for (let i = 0; i < 8; i += 1) {
      pause.failed();
      const start = now;
      while (pause.lasts(false)) now += 1;
      lengths.push(now - start);
    }
    expect(lengths).to.deep.equal([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
    pause.failed();
    now += 999;
    expect(pause.lasts(true)).to.equal(true);
    now += 1;
    expect([pause.lasts(true), pause.lasts(false)]).to.deep.equal([false, true]);
    pause.succeeded();
    expect([pause.lasts(false), pause.times]).to.deep.equal([false, 0]);
  });

  it('is random as far as half a pause', () => {
    let now = 0;
    const pause = new GrowingPause(
      () => now,
      () => 1,
    );
    pause.failed();
    while (pause.lasts(false)) now += 1;
    expect(now).to.equal(50);
  });

  it('does not make a busy loop, is logged, and is reported as over when it ends', async () => {
    const { queue, raw, uptime } = await givenQueue();
    raw.exec(`CREATE TRIGGER full BEFORE UPDATE ON tasks
      BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END`);
    const told: unknown[] = [];
    await queue.add('x', null, { jobId: 'j' });
    const worker = queue.process(async () => null, { onTrouble: (error) => told.push(error) });
    await until(async () => told.length === 1);
    // Each of these wakes the worker; until the pause is over it is not to try again.
    for (let i = 0; i < 5; i += 1) {
      await queue.add('x', i);
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    }
    expect(told).to.have.length(1);
    expect(worker.trouble).to.include({ times: 1, error: told[0] });
    uptime.now += 100;
    await until(async () => told.length === 2);
    raw.exec('DROP TRIGGER full');
    uptime.now += 200;
    await until(async () => (await queue.getJob('j'))?.state === 'completed');
    await until(async () => worker.trouble === undefined);
    await worker.close();
  });
});
