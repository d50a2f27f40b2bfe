import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { enqueue } from '../../src/app/jobs/enqueue.js';
import { LitequeQueues } from '../../src/queue/liteque-queue.js';
import { captureWorker } from '../../src/workers/capture-worker.js';
import { journalRows } from '../library/journal-rows.js';
import { temporaryHome } from '../support/temporary-home.js';
import { type GivenService, givenService, runIdle } from '../workers/given-service.js';

const DATA = [
  '{broken',
  '',
  'null',
  '7',
  '"text"',
  '[]',
  '{"events":"not a list"}',
  '{"events":[7]}',
  '{"files":[{}]}',
  '{"checkout":[]}',
  '{"rules":{"type":7}}',
  '{"unknown":1}',
  '{"events":[],"__proto__":{"x":1}}',
  `{"events":${'['.repeat(50_000)}`,
];

/** What no worker may act on; `null` and an empty list are jobs of nothing. */
const HARMLESS = new Set(['null', '[]', '{"events":[],"__proto__":{"x":1}}']);

function changeRow({ app }: GivenService, id: string, column: 'data' | 'opts', text: string): void {
  const db = new Database(app.paths.jobsDb);
  db.prepare(`UPDATE job SET ${column} = ? WHERE id = ?`).run(text, id);
  db.close();
}

const event = '{"event_id":"good","event_type":"T"}';

describe('rows of jobs.db that somebody changed', () => {
  it('fail one by one, hide no other, and the job behind them is done', async () => {
    const service = await givenService();
    const odd: [id: string, text: string][] = [];
    for (const text of DATA) {
      const { id } = await enqueue(service.queues, 'capture', { events: [] });
      changeRow(service, id, 'data', text);
      odd.push([id, text]);
    }
    const last = await enqueue(service.queues, 'capture', { events: [event] });
    const queue = service.queues.queue('capture');
    expect(await queue.getJobs(['waiting'])).to.have.length(DATA.length + 1);

    await runIdle(captureWorker, service);

    for (const [id, text] of odd) {
      const job = await queue.getJob(id);
      const isFailed =
        job?.state === 'failed' && /cannot be understood/.test(job.failedReason ?? '');
      expect(isFailed || (HARMLESS.has(text) && job?.state === 'completed'), text).to.equal(true);
    }
    expect((await queue.getJob(last.id))?.state).to.equal('completed');
    expect(journalRows(service.app.paths.home, 'SELECT event_id FROM event')).to.deep.equal([
      { event_id: 'good' },
    ]);
  });

  it('with invalid options are run with the usual ones', async () => {
    const service = await givenService();
    for (const text of ['{broken', 'null', '7', '[]']) {
      const { id } = await enqueue(service.queues, 'capture', { events: [event] });
      changeRow(service, id, 'opts', text);
      await runIdle(captureWorker, service);
      expect((await service.queues.queue('capture').getJob(id))?.state, text).to.equal('completed');
    }
  });
});

describe('jobs.db', () => {
  it('that is a database of another program is refused and left as it is', async () => {
    const file = join(temporaryHome(), 'jobs.db');
    const other = new Database(file);
    other.exec('CREATE TABLE customer (name TEXT); PRAGMA user_version = 0');
    other.close();
    const before = readFileSync(file);
    const refused = await LitequeQueues.open(file).catch((error: unknown) => error);
    expect(String(refused)).to.match(/another program/);
    expect(readFileSync(file).equals(before)).to.equal(true);
  });
});
