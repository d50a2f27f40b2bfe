import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { enqueue } from '../../src/app/jobs/enqueue.js';
import { EventsLostError } from '../../src/index.js';
import type { CaptureReport } from '../../src/journal/capture-summary.js';
import { captureWorker } from '../../src/workers/capture-worker.js';
import { captured, envelopes } from '../processes/given-events.js';
import { type Cli } from '../support/cli.js';
import { eventServer } from '../support/event-server.js';
import { holdWriteLock, type OtherWriter, putFileInPlaceOf } from '../support/faults.js';
import { Machine } from '../support/machine.js';
import { stateOf } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';
import { givenService, runIdle } from '../workers/given-service.js';

/** A journal that somebody else keeps locked for longer than anybody waits. */
async function givenLocked(endpoint: string): Promise<{ cli: Cli; lock: OtherWriter }> {
  const cli = new WarmCli();
  cli.configure(
    `[sync]\nmode = "EXTERNAL_RECEIVER"\n[sync.external]\nendpoint = "${endpoint}"\n[sync.capture]\nbusy_timeout_ms = 20\n`,
  );
  await captured(cli, envelopes(1, 'before'));
  return { cli, lock: holdWriteLock(join(stateOf(cli.home), 'journal.db')) };
}

describe('incident 11: commands reported success while nothing was captured', () => {
  it('a locked journal: the events are in the spool, the command says so, and they are delivered', async () => {
    const server = await eventServer();
    const { cli, lock } = await givenLocked(server.url);
    const file = cli.file('events.jsonl', envelopes(3, 'late'));
    const run = await cli.run(['capture', file]);
    expect(run.code, run.stderr).to.equal(0);
    expect(run.stdout).to.contain('captured 0 events, 3 events in the spool');

    lock.release();
    const redrain = new Machine(cli.env, cli.home).open();
    expect(await redrain.drain()).to.include({ delivered: 4, unsent: 0 });
    expect(server.posts.flat()).to.have.length(4);
  });

  it('nowhere to write: the command fails, and names every event that is lost', async () => {
    const { cli } = await givenLocked('http://127.0.0.1:9');
    putFileInPlaceOf(join(stateOf(cli.home), 'spool'));
    const run = await cli.run(['capture', '--json', cli.file('a.jsonl', envelopes(2, 'gone'))]);
    expect(run.code, run.stderr).to.equal(9);
    expect(run.json<CaptureReport>()).to.include({ captured: 0, spooled: 0, lost: 2 });
    for (const id of ['gone-0001', 'gone-0002'])
      expect(run.stderr).to.match(new RegExp(`${id}.*LOST`));
  });

  it('a program hears of it as well, from each call that shared the group', async () => {
    const machine = new Machine();
    writeFileSync(join(machine.home, 'redrain'), 'in the way');
    const redrain = machine.open();
    const calls = ['a', 'b'].map((id) => redrain.capture({ event_id: id, event_type: 'T' }));
    const heard = await Promise.allSettled(calls);
    const reasons = heard.map((one) => (one.status === 'rejected' ? one.reason : undefined));
    for (const reason of reasons) expect(reason).to.be.instanceOf(EventsLostError);
    expect(reasons.flatMap(({ eventIds }) => eventIds)).to.deep.equal(['a', 'b']);
  });

  it('a job for the workers is not done before its events are stored', async () => {
    const service = await givenService();
    const { journalDb, spoolDir } = service.app.paths;
    mkdirSync(journalDb);
    putFileInPlaceOf(spoolDir);
    const events = [JSON.stringify({ event_id: 'e', event_type: 'T' })];
    const { id } = await enqueue(service.queues, 'capture', { events });
    const jobs = service.queues.queue('capture');

    await runIdle(captureWorker, service);
    const early = await jobs.getJob(id);
    expect(early).to.include({ state: 'delayed', returnvalue: null });
    expect(early?.failedReason).to.match(/could be stored neither.*: e;/);

    rmSync(spoolDir);
    rmSync(journalDb, { recursive: true });
    service.clock.now += 3_600_000;
    await runIdle(captureWorker, service);
    expect((await jobs.getJob(id))?.returnvalue).to.include({ captured: 1, lost: 0 });
  });
});
