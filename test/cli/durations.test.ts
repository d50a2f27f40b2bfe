import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { days } from '../../src/cli/option-values.js';
import { durationOf } from '../../src/cli/times.js';
import { LitequeQueues } from '../../src/queue/liteque-queue.js';
import { stateOf } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';
import { readWorkerOptions } from '../workers/read-worker-options.js';

describe('durations', () => {
  it('have a unit', () => {
    expect(durationOf('--delay', '90s')).to.equal(90_000);
    expect(durationOf('--delay', '1.5h')).to.equal(5_400_000);
    expect(durationOf('--delay', '2 days')).to.equal(172_800_000);
    for (const text of ['', '30', 'soon', '1e3s', '10 parsecs', `${'9'.repeat(200)}d`])
      expect(() => durationOf('--delay', text), text).to.throw(/cannot read --delay/);
  });

  it('have bounds', () => {
    expect(durationOf('--every', '3650d', 1_000)).to.equal(3650 * 86_400_000);
    for (const text of ['3651d', '100000000d', '999ms', '-5s'])
      expect(() => durationOf('--every', text, 1_000), text).to.throw(/from 1s to 3650d/);
  });

  it('in days, too', () => {
    expect(days('36500')).to.equal(36_500);
    expect(() => days('36501')).to.throw();
  });

  it('of a worker are milliseconds or have a unit, and fit a timer', () => {
    const read = (option: string, text: string) =>
      readWorkerOptions('gc', [option, text]) as unknown as Record<string, number>;
    expect(read('--grace', '250').grace).to.equal(250);
    expect(read('--sweep-interval', '5m').sweepInterval).to.equal(300_000);
    expect(read('--lock-duration', '24h').lockDuration).to.equal(86_400_000);
  });
});

describe('one odd record', () => {
  it('is shown, and breaks no listing', async () => {
    const cli = new WarmCli();
    const file = join(stateOf(cli.home), 'jobs.db');
    const queues = await LitequeQueues.open(file);
    const queue = queues.queue('gc');
    for (const jobId of ['far', 'near']) await queue.add('gc', {}, { jobId, delay: 60_000 });
    await queue.upsertJobScheduler('odd', { every: 1_000 }, { name: 'gc' });
    await queue.upsertJobScheduler('well', { every: 1_000 }, { name: 'gc' });
    await queues.close();
    const db = new Database(file);
    db.exec(`UPDATE job SET run_at = 9e15 WHERE id = 'far';
      UPDATE job_scheduler SET next_at = 'then', repeat = '[]' WHERE id = 'odd'`);
    db.close();
    const jobs = await cli.run(['jobs', 'list']);
    expect(jobs.code, jobs.stderr).to.equal(0);
    expect(jobs.stdout).to.match(/far .*unreadable \(9000000000000000\)/);
    expect(jobs.stdout).to.include('near');
    const schedules = await cli.run(['schedule', 'list']);
    expect(schedules.code, schedules.stderr).to.equal(0);
    expect(schedules.stdout).to.match(/odd .*unreadable/);
    expect(schedules.stdout).to.include('well');
  });

  it('is not made: what cannot be kept is refused, and not stored', async () => {
    const cli = new WarmCli();
    for (const args of [
      ['enqueue', 'gc', '--delay', '100000000d'],
      ['schedule', 'add', 'gc', '--id', 'far', '--every', '100000000d'],
      ['schedule', 'add', 'gc', '--id', 'far', '--cron', '0 0 31 2 *'],
    ])
      expect((await cli.run(args)).code, args.join(' ')).to.equal(64);
    expect((await cli.run(['jobs', 'list', '--json'])).json()).to.deep.include({ jobs: [] });
    expect((await cli.run(['schedule', 'list', '--json'])).json()).to.deep.equal({ schedules: [] });
  });
});
