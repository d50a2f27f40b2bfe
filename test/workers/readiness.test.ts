import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { expect } from 'chai';
import { HealthServer } from '../../src/workers/health-server.js';
import { notReady, type ReadinessCheck } from '../../src/workers/readiness.js';
import { closeAfterTest } from '../support/temporary-home.js';

const CHECKS: readonly ReadinessCheck[] = [
  { name: 'journal', reason: async () => undefined },
  { name: 'jobs', reason: () => Promise.reject(new Error('the disk is full')) },
  { name: 'target', reason: async () => 'target 2 is retired' },
  { name: 'clock', reason: () => new Promise(() => undefined) },
];

describe('readiness of a worker', () => {
  it('names each check that does not hold, and why; one that never ends too', async () => {
    expect(await notReady(CHECKS, 5)).to.deep.equal([
      'jobs: the disk is full',
      'target: target 2 is retired',
      'clock: no result after 0.005 s',
    ]);
    expect(await notReady(CHECKS.slice(0, 1))).to.deep.equal([]);
  });

  it('tells, of a worker that is ready, what is out of service meanwhile', async () => {
    const server = await HealthServer.start(0, {
      notReady: async () => [],
      notes: async () => ['target 1 is retired'],
      metrics: () => Promise.reject(new Error('no metrics')),
    });
    closeAfterTest(() => server.close());
    const response = await fetch(`http://127.0.0.1:${server.port}/readyz`);
    expect([response.status, await response.text()]).to.deep.equal([
      200,
      'ready\ntarget 1 is retired\n',
    ]);
  });

  it('is answered with 503 and one reason a line', async () => {
    let reasons: string[] = [];
    const metrics = () => Promise.reject(new Error('no metrics'));
    const server = await HealthServer.start(0, { notReady: async () => reasons, metrics });
    closeAfterTest(() => server.close());
    const ask = async (path: string) => {
      const answer = await fetch(`http://127.0.0.1:${server.port}${path}`);
      return [answer.status, await answer.text()];
    };
    expect(await ask('/readyz')).to.deep.equal([200, 'ready\n']);
    reasons = ['journal: replaced', 'jobs: full'];
    expect(await ask('/readyz')).to.deep.equal([503, 'journal: replaced\njobs: full\n']);
    expect(await ask('/metrics')).to.deep.equal([500, 'no metrics\n']);
    expect(await ask('/healthz')).to.deep.equal([200, 'ok\n']);
  });

  it('says which port is taken, and what to do', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    closeAfterTest(() => other.close());
    const { port } = other.address() as AddressInfo;
    const answers = { notReady: async () => [], metrics: async () => ({ type: '', text: '' }) };
    const started = await HealthServer.start(port, answers).catch((error: Error) => error);
    expect(started).to.be.instanceOf(Error);
    expect((started as Error).message)
      .to.include(`port ${port} `)
      .and.include('--metrics-port');
  });
});
