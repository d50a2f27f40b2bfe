import Database from 'better-sqlite3';
import { expect } from 'chai';
import { enqueue } from '../../src/app/jobs/enqueue.js';
import { captureWorker } from '../../src/workers/capture-worker.js';
import { journalRows } from '../library/journal-rows.js';
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

function changeData({ app }: GivenService, id: string, text: string): void {
  const db = new Database(app.paths.jobsDb);
  db.prepare('UPDATE job SET data = ? WHERE id = ?').run(text, id);
  db.close();
}

const event = '{"event_id":"good","event_type":"T"}';

describe('rows of jobs.db that somebody changed', () => {
  it('fail one by one, hide no other, and the job behind them is done', async () => {
    const service = await givenService();
    const odd: [id: string, text: string][] = [];
    for (const text of DATA) {
      const { id } = await enqueue(service.queues, 'capture', { events: [] });
      changeData(service, id, text);
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
});
