import fs, { rmSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { App } from '../../src/app/app.js';
import { examine } from '../../src/app/doctor.js';
import { LitequeQueues } from '../../src/queue/liteque-queue.js';
import { externalTo, writeConfig } from '../library/given-redrain.js';
import { changeJournal } from '../library/journal-rows.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { typed } from '../support/typed.js';
import { capture, expectMended, found, type Given, given, healthy } from './given-findings.js';

/** What `statfs` says from now on, in MiB. */
function withFree(mebibytes: number): void {
  const { statfsSync } = fs;
  const real = statfsSync('/');
  fs.statfsSync = (() => ({ ...real, bsize: 4096, bavail: mebibytes * 256 })) as never;
  syncBuiltinESMExports();
  closeAfterTest(() => {
    fs.statfsSync = statfsSync;
    syncBuiltinESMExports();
  });
}

async function checked({ home }: Given, check: string) {
  const app = new App({ home, env: {} });
  const { checks } = await examine(app, healthy).finally(() => app.close());
  return checks.find((one) => one.check === check);
}

function changeJobs({ app }: Given, sql: string): void {
  const db = new Database(app.paths.jobsDb);
  try {
    db.exec(sql);
  } finally {
    db.close();
  }
}

describe('what is found, and what ends it, beside deliveries:', () => {
  it('a target that gave no answer, until one drain has got one', async () => {
    const at = await given();
    await capture(at, 1);
    await typed(at.home, ['now']);
    await capture(at, 2, 'later');
    changeJournal(
      at.home,
      "UPDATE target SET blocked_reason = 'network_unavailable', blocked_message = 'no route'",
    );
    await expectMended(at, 'unreachable', {
      weight: 'warning',
      says: /^network_unavailable: no r/,
    });
  });

  it('a disk that is nearly full, until there is room', async () => {
    const at = await given();
    for (const [free, status] of [
      [63, 'problem'],
      [511, 'warning'],
      [513, 'ok'],
    ] as const) {
      withFree(free);
      expect(await checked(at, 'disk_space')).to.include({ status, message: `${free} MiB free` });
    }
  });

  it('what every target has, until it is collected; what a later target lacks then', async () => {
    const at = await given();
    await capture(at, 3);
    await typed(at.home, ['now']);
    expect(await found(at, 'gc'), 'below 50 MiB').to.deep.equal([]);
    // As if the events were large.
    changeJournal(at.home, 'UPDATE journal_count SET bytes = 60 << 20');
    const [gc] = await found(at, 'gc');
    expect(gc).to.include({ status: 'notice', count: 3, command: null });
    expect(gc?.advice).to.include('redrain gc --yes');
    await typed(at.home, ['gc', '--yes']);
    await typed(at.home, ['verify', '--repair']);
    expect(await found(at, 'gc')).to.deep.equal([]);
    writeConfig(at.home, externalTo('stub:other'));
    await typed(at.home, ['now']);
    expect((await found(at, 'purged'))[0]).to.include({ status: 'notice', count: 3 });
  });

  it('a jobs.db that cannot be read, until it is removed', async () => {
    const at = await given();
    (await LitequeQueues.open(at.app.paths.jobsDb)).close();
    writeFileSync(at.app.paths.jobsDb, 'no database '.repeat(1_000));
    const [jobs] = await found(at, 'jobs');
    expect(jobs).to.include({ status: 'problem' });
    expect(jobs?.advice).to.include('remove it');
    for (const suffix of ['', '-wal', '-shm'])
      rmSync(at.app.paths.jobsDb + suffix, { force: true });
    expect(await found(at, 'jobs')).to.deep.equal([]);
  });

  it('half of a job, until a worker has looked', async () => {
    const at = await given();
    const queues = await LitequeQueues.open(at.app.paths.jobsDb);
    closeAfterTest(() => queues.close());
    const queue = queues.queue('gc');
    await queue.add('gc', {});
    changeJobs(at, 'DELETE FROM tasks');
    const [half] = await found(at, 'halves');
    expect(half).to.include({ status: 'warning', command: 'redrain worker gc' });
    const worker = queue.process(async () => null);
    await worker.whenIdle();
    await worker.close();
    expect(await found(at, 'halves')).to.deep.equal([]);
  });

  it('a job that was completed with a warning, until it is removed', async () => {
    const at = await given();
    const queues = await LitequeQueues.open(at.app.paths.jobsDb);
    closeAfterTest(() => queues.close());
    const queue = queues.queue('gc');
    const { id } = await queue.add('gc', {}, { removeOnComplete: false });
    const worker = queue.process(async () => null);
    await worker.whenIdle();
    await worker.close();
    changeJobs(at, `UPDATE job SET warning = '{"cause":"spool","message":"2 wait"}'`);
    expect((await found(at, 'warned_jobs'))[0]?.message).to.match(/1 job of queue gc.*"/);
    await typed(at.home, ['jobs', 'remove', id]);
    expect(await found(at, 'warned_jobs')).to.deep.equal([]);
  });
});
