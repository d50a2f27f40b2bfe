import { expect } from 'chai';
import { WorkerHealth } from '../../src/workers/worker-health.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { type GivenService, givenService } from './given-service.js';

async function listening(service: GivenService) {
  const health = new WorkerHealth(service);
  await health.listen(0);
  closeAfterTest(() => health.close());
  const ask = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${health.port}${path}`);
    return { status: answer.status, text: await answer.text() };
  };
  return { health, ask };
}

describe('the health of a worker', () => {
  it('is there before anything is open, and while it stops', async () => {
    const service = await givenService();
    const { health, ask } = await listening(service);
    expect(await ask('/healthz')).to.deep.equal({ status: 200, text: 'ok\n' });
    expect(await ask('/readyz')).to.deep.equal({ status: 503, text: 'starting\n' });
    expect((await ask('/metrics')).text).to.include('redrain_home_readable 0\n');
    health.serves(service, [{ name: 'journal', reason: async () => undefined }], async () => []);
    expect((await ask('/readyz')).status).to.equal(200);
    service.stop.abort();
    expect(await ask('/readyz')).to.deep.equal({ status: 503, text: 'stopping\n' });
  });

  it('has what the process counted when the databases cannot be read', async () => {
    const service = await givenService();
    const { health, ask } = await listening(service);
    health.serves(
      service,
      [{ name: 'jobs', reason: () => service.queues.names().then(() => '') }],
      async () => [],
    );
    expect((await ask('/metrics')).text).to.include('redrain_home_readable 1\n');
    await service.queues.close();
    service.metrics.captured('captured', 3);
    const { status, text } = await ask('/metrics');
    expect(status).to.equal(200);
    expect(text).to.include('redrain_home_readable 0\n');
    expect(text).to.include('redrain_events_captured_total{verdict="captured"} 3\n');
    expect((await ask('/readyz')).text).to.match(/^jobs: .*not open/);
  });
});
