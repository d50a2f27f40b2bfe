import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { App } from '../../src/app/app.js';
import { runArchive } from '../../src/app/archive.js';
import { enqueue } from '../../src/app/jobs/enqueue.js';
import { previewRedact, runRedact } from '../../src/app/redact.js';
import { exitCodeOf } from '../../src/cli/redact.js';
import { encodeSpool } from '../../src/journal/spool-format.js';
import { UnrecoverableError } from '../../src/queue/errors.js';
import { redactEvent } from '../../src/retention/redacting.js';
import { ERASED } from '../../src/retention/redaction-store.js';
import { captureWorker } from '../../src/workers/capture-worker.js';
import { scriptedServer } from '../receivers/scripted-server.js';
import { connectionOf, givenTarget, rows } from '../support/core.js';
import { newEvent } from '../support/events.js';
import { assertLedgerInvariant } from '../support/invariant.js';
import { results, ScriptedReceiver } from '../support/scripted-receiver.js';
import { filesHolding } from '../support/secret-search.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { type GivenService, givenService, runIdle } from '../workers/given-service.js';
import { delivered, NO_CONTROL, openSqliteKeeping } from './given-journal.js';

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
  const db = connectionOf(await app.stores());
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
    await runArchive(app, { includeUndelivered: true }, NO_CONTROL);
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
      'journal.db',
      'jobs.db',
      'stub.db',
      'stub-other.db',
      'archive/',
      'spool/A.spool.torn',
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
    expect(await filesHolding(app.paths.home, 'aaaaaaaa')).to.include('jobs.db');
    expect(await filesHolding(app.paths.home, 'dddddddd')).to.deep.equal(['spool/A.spool.torn']);
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

  it('names what it does not reach, and the command says so with exit 7', async () => {
    const service = await givenService();
    const { app, queues } = service;
    await capture(app, line('x'), line(null));
    const [, other] = await rowsOf<{ id: string }>(
      app,
      'SELECT event_id AS id FROM event ORDER BY seq',
    );
    // A line without an id in a job that never ran will be another event: nothing of it may be lost.
    const { id } = await enqueue(queues, 'capture', { events: [line(null)] });
    const first = await redact(app, other?.id);
    expect(first.remains).to.have.length(1);
    expect(first.remains[0]).to.match(new RegExp(`jobs remove capture ${id}`));
    expect((await queues.queue('capture').getJob(id))?.data).to.deep.include({
      events: [line(null)],
    });
    expect(exitCodeOf(first)).to.equal(7);
    await runIdle(captureWorker, service);
    const [, , third] = await rowsOf<{ id: string }>(
      app,
      'SELECT event_id AS id FROM event ORDER BY seq',
    );
    expect((await redact(app, third?.id)).remains).to.deep.equal([]);
    const report = await redact(app);
    expect(report.remains).to.deep.equal([]);
    expect(exitCodeOf(report)).to.equal(0);
    expect(await leftIn(service)).to.deep.equal([]);
  });

  it('names another event with the very same bytes', async () => {
    const service = await givenService();
    await capture(service.app, line(null), line(null));
    const [one, two] = await rowsOf<{ id: string }>(
      service.app,
      'SELECT event_id AS id FROM event',
    );
    const report = await redact(service.app, one?.id);
    expect(report.remains).to.have.length(1);
    expect(report.remains[0])
      .to.contain(two?.id)
      .and.to.match(/same bytes/);
    expect((await redact(service.app, two?.id)).remains).to.deep.equal([]);
    expect(await leftIn(service)).to.deep.equal([]);
  });

  it('names a damaged archive and one that was moved away', async () => {
    const service = await givenService();
    const { app } = service;
    await capture(app, line('x'));
    const { archives } = await runArchive(app, { includeUndelivered: true }, NO_CONTROL);
    const file = join(app.paths.archiveDir, archives[0]?.file ?? '');
    const whole = readFileSync(file);
    writeFileSync(file, whole.subarray(0, whole.length - 9));
    const damaged = await redact(app);
    expect(damaged.remains.join())
      .to.contain(archives[0]?.id)
      .and.to.match(/cannot be read/);

    const away = await givenService();
    await capture(away.app, line('x'));
    await runArchive(away.app, { includeUndelivered: true }, NO_CONTROL);
    rmSync(away.app.paths.archiveDir, { recursive: true });
    expect((await redact(away.app)).remains.join()).to.match(
      /not in the archive directory any more/,
    );
  });

  it('records no words of an answer that comes after it', async () => {
    const keeping = await openSqliteKeeping();
    await givenTarget(keeping);
    const bytes = Buffer.from(line('x'));
    await keeping.journal.append([newEvent('x', { bytes }), newEvent('y')], 'capture');
    const receiver = new ScriptedReceiver();
    receiver.answer = async (batch) => {
      if (receiver.posts.length > 1) return results(batch, () => ({ kind: 'success' }));
      const report = await redactEvent(keeping, 'x', { reason: 'r', now: 1 });
      expect(report.remains.join()).to.match(/is being given it now/);
      const words = `bad: ${line('x')}`;
      const report2 = results(batch, () => ({ kind: 'rejected', reason: words, response: words }));
      return { ...report2, error: words };
    };
    await delivered(keeping, 1, receiver);
    expect(rows(keeping, 'SELECT last_error AS error FROM delivery')).to.have.length(2);
    await redactEvent(keeping, 'x', { reason: 'r', now: 1 });
    expect(await filesHolding(keeping.home, SECRET)).to.deep.equal([]);
    assertLedgerInvariant(keeping);
  });

  it('keeps the words of servers that do not repeat the event, for the events beside it', async () => {
    const keeping = await openSqliteKeeping();
    await givenTarget(keeping);
    const bytes = Buffer.from(line('x'));
    await keeping.journal.append(
      [newEvent('x', { bytes }), newEvent('y'), newEvent('z')],
      'capture',
    );
    const receiver = new ScriptedReceiver();
    receiver.answer = (batch) =>
      results(batch, ({ eventId }) => ({
        kind: 'rejected',
        reason: eventId === 'z' ? `bad neighbour: ${SECRET}` : 'type T refused',
      }));
    await delivered(keeping, 1, receiver);
    await redactEvent(keeping, 'x', { reason: 'r', now: 1 });
    const words = rows<{ id: string; error: string }>(
      keeping,
      'SELECT event_id AS id, last_error AS error FROM delivery JOIN event USING (seq) ORDER BY seq',
    );
    expect(words.map(({ error }) => error)).to.deep.equal([ERASED, 'type T refused', ERASED]);
    expect(rows(keeping, 'SELECT text, events FROM cause ORDER BY text')).to.deep.equal([
      { text: ERASED, events: 1 },
      { text: 'type T refused', events: 1 },
    ]);
    assertLedgerInvariant(keeping);
  });

  it('leaves no cause that repeats it, whatever the count of causes says', async () => {
    const keeping = await openSqliteKeeping();
    await givenTarget(keeping);
    await keeping.journal.append([newEvent('x', { bytes: Buffer.from(line('x')) })], 'capture');
    await keeping.db.write((db) =>
      db.prepare("INSERT INTO cause VALUES (1, 'rejected', ?, 2)").run(`bad ${SECRET}`),
    );
    const report = await redactEvent(keeping, 'x', { reason: 'r', now: 1 });
    expect(report.answers).to.equal(1);
    expect(rows(keeping, 'SELECT text, events FROM cause')).to.deep.equal([
      { text: '', events: 2 },
    ]);
    expect(await filesHolding(keeping.home, SECRET)).to.deep.equal([]);
  });
});
