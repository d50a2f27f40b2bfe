import { expect } from 'chai';
import { captured, envelopes } from '../processes/given-events.js';
import { startReceiver } from '../support/cli.js';
import { WarmCli } from '../support/warm-cli.js';
import { logged, startWorker } from './worker-process.js';

describe('redrain config set beside a running worker', () => {
  it('counts for the next request, without a restart, and is in force where it is written', async () => {
    const a = await startReceiver();
    const cli = new WarmCli();
    cli.configure(`# mine\n[redrain]\nmode = "keep"\n[redrain.targets.a]\nurl = "${a.url}/"\n`);
    await captured(cli, envelopes(3));
    const worker = startWorker(cli, 'dispatch');
    await logged(worker, 'ready');
    expect(a.sink.stats().unique).to.equal(0);

    for (const words of ['target a', 'targets.a.max_events 1', 'mode endpoint'])
      expect((await cli.run(['config', 'set', ...words.split(' ')])).code, words).to.equal(0);
    await worker.until(() => a.sink.stats().unique === 3);
    expect(a.sink.stats().posts).to.equal(3);

    worker.kill('SIGTERM');
    expect((await worker.exited).code).to.equal(0);
  });
});
