import { expect } from 'chai';
import { givenQueue } from './given-queue.js';
import { until } from './waiting.js';

const ONE = { deduplication: { id: 'drain' } };

describe('half a job', () => {
  it('that waits without a task is run by the next worker, which says so', async () => {
    const { queue, raw, runAll } = await givenQueue();
    const { id } = await queue.add('x', null, ONE);
    raw.exec('DELETE FROM tasks');
    const repaired: string[] = [];
    const onRepaired = (what: string) => repaired.push(what);
    expect(await runAll(() => null, { onRepaired })).to.deep.equal([id]);
    expect(repaired).to.deep.equal(['halves of jobs: 1 waiting without a task']);
  });

  it('is found by a worker that runs, within a minute', async () => {
    const { queue, raw, clock } = await givenQueue();
    const worker = queue.process(async () => null);
    await worker.whenIdle();
    await queue.pause();
    const { id } = await queue.add('x', null);
    raw.exec('DELETE FROM tasks');
    await queue.resume();
    await worker.whenIdle();
    expect((await queue.getJob(id))?.state).to.equal('waiting');
    clock.at += 60_000;
    await until(async () => (await queue.getJob(id))?.state === 'completed');
    await worker.close();
  });

  it('as a task that says it runs while the job waits is repaired', async () => {
    const { queue, raw, runAll } = await givenQueue();
    const { id } = await queue.add('x', null);
    raw.exec("UPDATE tasks SET status = 'running'");
    expect(await runAll()).to.deep.equal([id]);
  });

  it('as a task without a job is dropped, and stops no worker', async () => {
    const { queue, raw, runAll } = await givenQueue();
    await queue.add('x', null);
    raw.exec('DELETE FROM job');
    const { id } = await queue.add('x', null);
    expect(await runAll()).to.deep.equal([id]);
    expect(raw.prepare('SELECT count(*) FROM tasks').pluck().get()).to.equal(0);
  });

  it('as a deduplication id without a job keeps no other back', async () => {
    const { queue, raw, runAll } = await givenQueue();
    await queue.add('x', null, ONE);
    raw.exec('DELETE FROM job; DELETE FROM tasks');
    await queue.add('x', null, ONE);
    expect(await runAll()).to.have.length(1);
    raw.exec("INSERT INTO job_dedup (queue, dedup_id, job_id) VALUES ('work', 'other', 'gone')");
    await runAll();
    expect(raw.prepare('SELECT count(*) FROM job_dedup').pluck().get()).to.equal(0);
  });
});
