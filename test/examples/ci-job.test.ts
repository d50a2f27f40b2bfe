import { join } from 'node:path';
import { expect } from 'chai';
import { Sink } from '../../src/receivers/stub/sink.js';
import { Cli } from '../support/cli.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { startExample } from './start-example.js';

/** What the receiver of the job has kept. */
function arrived(cli: Cli): Sink {
  const sink = new Sink({ db: join(cli.home, 'arrived.db') });
  closeAfterTest(() => sink.close());
  return sink;
}

describe('the example of a CI job', () => {
  it('proves that its events arrived', async () => {
    const cli = new Cli();
    const run = await startExample(cli, 'ci-job/ci-job.sh').exited;
    expect(run.code, run.stderr).to.equal(0);
    expect(run.stdout).to.match(/captured 2 events\n[\s\S]*: 2 delivered\n/);
    expect(run.stdout).to.match(/everything arrived\n$/);
    const sink = arrived(cli);
    expect(sink.eventIds()).to.deep.equal(['build-42-started', 'build-42-finished']);
    expect(`${sink.bytesOf('build-42-finished')}`).to.equal(
      '{"event_id":"build-42-finished","event_type":"BuildFinished","ok":true}',
    );
  });

  it('fails with the exit code and the reason when one is refused', async () => {
    const cli = new Cli();
    const run = await startExample(cli, 'ci-job/ci-job.sh', ['--reject-type', 'BuildFinished'])
      .exited;
    expect(run.code, run.stderr).to.equal(7);
    expect(run.stderr).to.include('build-42-finished: ');
    expect(run.stdout).not.to.include('everything arrived');
    expect(arrived(cli).eventIds()).to.deep.equal(['build-42-started']);
  });

  it('fails when its receiver is in trouble', async () => {
    const trouble = ['--fail-rate', '0.3', '--seed', '7'];
    const run = await startExample(new Cli(), 'ci-job/ci-job.sh', trouble).exited;
    expect(run.code, run.stderr).to.equal(7);
    expect(run.stdout).to.include('2 to be tried again · "HTTP 503');
  });

  it('fails when its receiver cannot start', async () => {
    const run = await startExample(new Cli(), 'ci-job/ci-job.sh', ['--port', '99999']).exited;
    expect(run.code).not.to.equal(0);
    expect(run.stderr).to.include('--port 99999');
  });
});
