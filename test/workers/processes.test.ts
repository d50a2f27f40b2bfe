import { expect } from 'chai';
import { captured, envelopes } from '../processes/given-events.js';
import { heldReceiver } from '../processes/held-receiver.js';
import { deliveriesAt, idsWith } from '../processes/journal-rows.js';
import { startReceiver } from '../support/cli.js';
import { WarmCli } from '../support/warm-cli.js';
import { external, logged, startWorker } from './worker-process.js';

const STOPPING = 'stopping after the work in flight';

describe('a worker process', () => {
  for (const name of ['capture', 'dispatch', 'migrate', 'gc'] as const)
    it(`ends as soon as nothing is left to do: worker:${name} --once`, async () => {
      const run = await startWorker(new WarmCli(), name, ['--once']).exited;
      expect(run.code, run.stderr + run.stdout).to.equal(0);
    });

  it('captures in one process and delivers in another, then stops in order', async () => {
    const cli = new WarmCli();
    const receiver = await startReceiver();
    await external(cli, receiver.url);
    const workers = [startWorker(cli, 'dispatch'), startWorker(cli, 'capture')];
    await Promise.all(workers.map((worker) => logged(worker, 'ready')));
    const file = cli.file('events.jsonl', envelopes(50));
    const run = await cli.run(['enqueue', 'capture', file, '--json']);
    expect(run.code, run.stderr).to.equal(0);
    await workers[0]?.until(() => receiver.sink.stats().unique === 50, 'all events');
    for (const worker of workers) {
      worker.kill('SIGTERM');
      expect((await worker.exited).code).to.equal(0);
    }
  });

  it('finishes and records the batch in flight on SIGTERM, and exits 0', async () => {
    const cli = new WarmCli();
    const receiver = await heldReceiver(2);
    await external(cli, receiver.url, '--max-events', '10');
    await captured(cli, envelopes(40));
    const worker = startWorker(cli, 'dispatch');
    await receiver.arrived(2);
    worker.kill('SIGTERM');
    await worker.until(({ stdout }) => stdout.includes(STOPPING));
    receiver.release();
    const ended = await worker.exited;
    expect(ended.code, ended.stdout).to.equal(0);
    const delivered = idsWith(deliveriesAt(cli.home, receiver.url), 'success');
    expect(delivered).to.deep.equal(receiver.posts.flat());
    expect(delivered).to.have.length(20);
  });

  it('exits at once on a second signal', async () => {
    const cli = new WarmCli();
    const receiver = await heldReceiver();
    await external(cli, receiver.url);
    await captured(cli, envelopes(3));
    const worker = startWorker(cli, 'dispatch');
    await receiver.arrived(1);
    worker.kill('SIGTERM');
    await worker.until(({ stdout }) => stdout.includes(STOPPING));
    worker.kill('SIGTERM');
    expect((await worker.exited).code).to.equal(143);
    receiver.release();
  });

  it('answers about its health, and shows no secret in metrics or logs', async () => {
    const cli = new WarmCli({ HOOK_TOKEN: 'Bearer s3cr3t-of-the-hook' });
    const receiver = await startReceiver({ misbehave: { failRate: 0.5, seed: 7 } });
    await external(cli, receiver.url, '--auth-env', 'HOOK_TOKEN');
    await captured(cli, envelopes(5));
    const worker = startWorker(cli, 'dispatch', ['--metrics-port', '0']);
    const { metrics_port: port } = await logged(worker, 'ready');
    await logged(worker, 'drained');
    const ask = async (path: string) => {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`);
      return { status: answer.status, text: await answer.text() };
    };
    expect((await ask('/healthz')).status).to.equal(200);
    expect(await ask('/readyz')).to.deep.equal({ status: 200, text: 'ready\n' });
    expect((await ask('/other')).status).to.equal(404);
    const metrics = (await ask('/metrics')).text;
    for (const name of [
      'redrain_events_captured_total',
      'redrain_deliveries_total{target="1"',
      'redrain_batch_seconds_bucket',
      'redrain_sent_bytes_total',
      'redrain_queue_jobs{queue="dispatch",state="waiting"}',
      'redrain_queue_age_seconds',
      'redrain_circuit_state{target="1"}',
      'redrain_lease_holder',
      'redrain_oldest_undelivered_seconds{target="1"}',
      'redrain_journal_events 5',
    ])
      expect(metrics).to.include(name);
    worker.kill('SIGTERM');
    const { stdout, stderr } = await worker.exited;
    expect(metrics + stdout + stderr).to.not.include('s3cr3t');
    const batch = stdout.split('\n').find((line) => line.includes('"msg":"batch"')) ?? '{}';
    expect(JSON.parse(batch)).to.include.keys('job', 'target', 'batch', 'worker', 'time');
  });

  it('refuses a target it does not know with 64', async () => {
    const run = await startWorker(new WarmCli(), 'dispatch', ['--target', '99', '--once']).exited;
    expect(run.code).to.equal(64);
  });
});
