import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { App } from '../../src/app/app.js';
import { runArchive } from '../../src/app/archive.js';
import { enqueue } from '../../src/app/jobs/enqueue.js';
import { previewRedact, runRedact } from '../../src/app/redact.js';
import { encodeSpool } from '../../src/journal/spool-format.js';
import { UnrecoverableError } from '../../src/queue/errors.js';
import { captureWorker } from '../../src/workers/capture-worker.js';
import { scriptedServer } from '../receivers/scripted-server.js';
import { newEvent } from '../support/events.js';
import { filesHolding } from '../support/secret-search.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { type GivenService, givenService, runIdle } from '../workers/given-service.js';
import { COURSE } from './given-journal.js';

const SECRET = 'correcthorsebatterystaple';
const NEVER = new AbortController().signal;
const DRAIN = { ignoreBackoff: true, waitForLock: true, signal: NEVER };

const line = (id: string | null, text = SECRET): string =>
  JSON.stringify({
    ...(id === null ? {} : { event_id: id }),
    event_type: 'T',
    note: `"${text}" é`,
  });

const redact = (app: App, id = 'x') => runRedact(app, id, 'held a password', NEVER);

async function rowsOf<T>(app: App, sql: string): Promise<T[]> {
  const { db } = await app.stores();
  return db.statement<unknown[], T>(sql).all();
}

function sendTo(app: App, endpoint: string): void {
  writeFileSync(
    app.paths.config,
    `[sync]\nmode = "EXTERNAL_RECEIVER"\n[sync.external]\nendpoint = "${endpoint}"\n`,
  );
}

/** A server that repeats what it was sent wherever a server can say anything. */
async function echoing(status: number): Promise<string> {
  const server = await scriptedServer(({ body }) => {
    const { events } = JSON.parse(body.toString()) as { events: { event_id: string }[] };
    const words = body.toString().slice(0, 4_000);
    const results = events.map(({ event_id }) => ({ event_id, status: 'rejected', error: words }));
    return {
      status,
      body: JSON.stringify(status === 200 ? { results } : { error: words, message: words }),
    };
  });
  closeAfterTest(() => server.close());
  return server.url;
}

const capture = (app: App, ...lines: string[]) =>
  app.captureGroup(lines.map((text) => ({ bytes: Buffer.from(text) })));

async function leftIn(service: GivenService): Promise<string[]> {
  return filesHolding(service.app.paths.home, SECRET);
}

describe('redact reaches every file of the home', () => {
  it('after the event went through every path there is', async () => {
    const service = await givenService();
    const { app, queues } = service;
    // Jobs: one that captured it, one that failed with it, one that waits, a schedule.
    await enqueue(queues, 'capture', {
      events: [line('a', 'aaaaaaaa'), line('x'), `cut ${line('x')}`],
    });
    await runIdle(captureWorker, service);
    await queues.queue('capture').add('capture', { events: [line('x')], unknown: 1 });
    await runIdle(captureWorker, service);
    const odd = queues.queue('dispatch');
    await odd.add('drain', {});
    const failing = odd.process(async (job) => {
      await job.updateProgress({ said: `413: ${SECRET}` });
      throw new UnrecoverableError(`the server said: bad "${SECRET}"`);
    });
    await failing.whenIdle();
    await failing.close();
    // A conflict, an audited copy, answers of servers, a stub sink, an archive.
    await capture(app, line('x', `${SECRET}-other`));
    const { journal } = await app.stores();
    const audit = { action: 'discarded', family: 'f', reason: 'r' } as const;
    await journal.append([newEvent('x', { bytes: Buffer.from(line('x')), audit })], 'capture');
    for (const status of [200, 503]) {
      sendTo(app, await echoing(status));
      await app.drain(DRAIN);
    }
    sendTo(app, 'stub:');
    await app.drain(DRAIN);
    sendTo(app, 'stub:other');
    await app.drain(DRAIN);
    await runArchive(app, { includeUndelivered: true }, COURSE);
    // What waits: a job with another event beside it, a schedule, the spool.
    const { id } = await enqueue(queues, 'capture', { events: [line('b', 'bbbbbbbb'), line('x')] });
    await queues
      .queue('capture')
      .upsertJobScheduler(
        's',
        { every: 60_000 },
        { name: 'capture', data: { events: [line('x')] } },
      );
    app.spool.write([newEvent('x', { bytes: Buffer.from(line('x')) }), newEvent('c')]);
    const torn = encodeSpool([
      newEvent('x', { bytes: Buffer.from(line('x')) }),
      newEvent('d', { bytes: Buffer.from(line('d', 'dddddddd')) }),
    ]);
    writeFileSync(join(app.paths.spoolDir, 'A.spool.torn'), torn.subarray(0, torn.length - 3));
    const before = (await leftIn(service)).map((name) => name.replace(/-wal$|archive-.*gz$/, ''));
    expect(new Set(before)).to.include.all.keys(
      'redrain/journal.db',
      'redrain/jobs.db',
      'redrain/stub.db',
      'redrain/stub-other.db',
      'redrain/archive/',
      'redrain/spool/A.spool.torn',
    );

    const preview = await previewRedact(app, 'x');
    expect(preview.elsewhere.map(({ place }) => place)).to.deep.equal([
      'jobs',
      'stub sinks',
      'spool',
    ]);
    expect(await leftIn(service)).to.have.length.above(3);

    const report = await redact(app);
    expect(await leftIn(service)).to.deep.equal([]);
    expect(report.remains).to.deep.equal([]);
    expect(report.elsewhere).to.deep.equal(
      preview.elsewhere.map((one) => ({
        ...one,
        copies: report.elsewhere.find(({ place }) => place === one.place)?.copies,
      })),
    );
    expect(report.answers).to.be.above(0);

    // Everything else is still there.
    expect(await filesHolding(app.paths.home, 'aaaaaaaa')).to.include('redrain/jobs.db');
    expect(await filesHolding(app.paths.home, 'dddddddd')).to.deep.equal([
      'redrain/spool/A.spool.torn',
    ]);
    const waiting = await queues.queue('capture').getJob(id);
    expect(waiting?.data).to.deep.include({ events: [line('b', 'bbbbbbbb')] });
    await runIdle(captureWorker, service);
    expect((await queues.queue('capture').getJob(id))?.returnvalue).to.include({
      captured: 1,
      duplicates: 0,
    });
    const ids = await rowsOf<{ id: string }>(app, 'SELECT event_id AS id FROM event ORDER BY seq');
    expect(ids.map((row) => row.id)).to.have.members(['a', 'x', 'c', 'b']);
  });
});
