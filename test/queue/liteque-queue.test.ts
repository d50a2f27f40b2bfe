import { renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { NewerSchemaError, OlderSchemaError } from '../../src/files/storage-errors.js';
import { LitequeQueues } from '../../src/queue/liteque-queue.js';
import { backoffDelay } from '../../src/queue/pauses.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';
import { describeJobQueue } from './job-queue-suite.js';

describeJobQueue('liteque', {
  open: (clock) => {
    const file = join(temporaryHome(), 'redrain', 'jobs.db');
    return { connect: () => LitequeQueues.open(file, { clock }) };
  },
});

describe('jobs.db', () => {
  const givenFile = (): string => join(temporaryHome(), 'redrain', 'jobs.db');
  const opened = async (file: string): Promise<LitequeQueues> => {
    const queues = await LitequeQueues.open(file);
    closeAfterTest(() => queues.close());
    return queues;
  };

  it('belongs to its owner alone and is as durable as the journal', async () => {
    const file = givenFile();
    await (await opened(file)).queue('q').add('x', 1);
    for (const suffix of ['', '-wal', '-shm'])
      expect(statSync(file + suffix).mode & 0o777, suffix).to.equal(0o600);
  });

  it('is not made by looking at it', () => {
    expect(LitequeQueues.openReadOnly(givenFile())).to.equal(undefined);
  });

  it('keeps what only an operator may remove, whatever later jobs ask for', async () => {
    const queue = (await opened(givenFile())).queue('q');
    const fail = async (removeOnFail: boolean | number) => {
      const job = await queue.add('x', null, { removeOnFail });
      const worker = queue.process(() => Promise.reject(new Error('no')));
      await worker.whenIdle();
      await worker.close();
      return job.id;
    };
    const [kept, , last] = [await fail(false), await fail(1), await fail(1)];
    const left = await queue.getJobs(['failed']);
    expect(left.map(({ id }) => id)).to.deep.equal([kept, last]);
    await queue.remove(kept);
    expect(await queue.getJob(kept)).to.equal(undefined);
  });

  it('shows itself to readers', async () => {
    const file = givenFile();
    const job = await (await opened(file)).queue('q').add('x', { n: 1 });
    const readers = LitequeQueues.openReadOnly(file) as LitequeQueues;
    closeAfterTest(() => readers.close());
    expect(await readers.names()).to.deep.equal(['q']);
    expect(await readers.queue('q').getJob(job.id)).to.deep.equal(job);
  });

  it('takes nothing more once its file was replaced, and says so', async () => {
    const file = givenFile();
    const queues = await opened(file);
    await queues.queue('q').add('x', 1);
    const db = new Database(file);
    db.exec(`VACUUM INTO '${file}.backup'`);
    db.close();
    for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix);
    renameSync(`${file}.backup`, file);
    for (const work of [queues.queue('q').add('x', 2), queues.assertCurrent()]) {
      const error = await work.catch((reason: unknown) => reason);
      expect(error).to.include({ name: 'StorageUnavailableError', trouble: 'replaced' });
    }
    expect((await (await opened(file)).queue('q').getJobCounts()).waiting).to.equal(1);
  });

  it('takes nothing more once a newer redrain has changed its schema', async () => {
    const file = givenFile();
    const queues = await opened(file);
    await queues.queue('q').add('x', 1);
    const other = new Database(file);
    other.pragma('user_version = 99');
    other.close();
    for (const work of [queues.queue('q').add('x', 2), queues.assertCurrent()])
      expect(await work.catch((reason: unknown) => reason)).to.be.instanceOf(NewerSchemaError);
  });

  it('is left alone when a newer redrain wrote it', async () => {
    const file = givenFile();
    await (await LitequeQueues.open(file)).close();
    const db = new Database(file);
    db.pragma('user_version = 99');
    db.close();
    const error = await LitequeQueues.open(file).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(NewerSchemaError);
  });

  it('is brought up to date with what it holds, and shown to nobody before that', async () => {
    const file = givenFile();
    const { JOBS_SCHEMAS } = await import('../../src/queue/schema.sql.js');
    await (await LitequeQueues.open(file)).close();
    const db = new Database(file);
    for (const table of db
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'job%'")
      .pluck()
      .all())
      db.exec(`DROP TABLE ${table}`);
    db.exec('DROP TABLE capture_position; DROP INDEX ix_tasks_ready');
    db.exec(JOBS_SCHEMAS[0]);
    db.exec(`INSERT INTO job (queue, id, name, data, opts, state, priority, created_at, run_at)
      VALUES ('q', 'j', 'x', '1', '{}', 'delayed', 0, 1000, 6000)`);
    db.close();
    expect(() => LitequeQueues.openReadOnly(file)).to.throw(OlderSchemaError);
    const queues = await opened(file);
    expect(await queues.queue('q').getJob('j')).to.include({ state: 'delayed', runAt: 6000 });
    expect(LitequeQueues.openReadOnly(file)).to.not.equal(undefined);
  });

  it('is made once by many that come at the same time', async () => {
    const file = givenFile();
    const all = await Promise.all(Array.from({ length: 5 }, () => opened(file)));
    await Promise.all(all.map((queues) => queues.queue('q').add('x', null)));
    expect((await all[0]?.queue('q').getJobCounts())?.waiting).to.equal(5);
  });

  it('takes a job by its index alone, whatever waits behind it', async () => {
    const file = givenFile();
    await opened(file);
    const db = new Database(file, { readonly: true });
    const { TAKE_TASK } = await import('../../src/queue/jobs.sql.js');
    const plan = db.prepare(`EXPLAIN QUERY PLAN ${TAKE_TASK}`).all({
      queue: 'q',
      token: 't',
      expireAt: 0,
    }) as { detail: string }[];
    db.close();
    const details = plan.map(({ detail }) => detail).join('\n');
    expect(details).to.include('ix_tasks_ready');
    expect(details).to.not.match(/SCAN|TEMP B-TREE/);
  });
});

describe('backoff', () => {
  it('is random within its jitter', () => {
    const growing = { type: 'exponential', delay: 100, jitter: 0.5 } as const;
    expect(backoffDelay(growing, 3, () => 0)).to.equal(200);
    expect(backoffDelay(growing, 3, () => 1)).to.equal(400);
    expect(backoffDelay(undefined, 3, () => 1)).to.equal(0);
    expect(backoffDelay(growing, 60, () => 1)).to.equal(86_400_000);
  });
});
