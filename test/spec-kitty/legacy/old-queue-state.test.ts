import { readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { oldQueueState } from '../../../src/spec-kitty/legacy/old-queue-state.js';
import { overwrite } from '../../support/faults.js';
import { WarmCli } from '../../support/warm-cli.js';
import { migrated } from './migrated.js';
import {
  appendRows,
  givenHome,
  oldEvent,
  oldEvents,
  oldFilesOf,
  writeQueue,
} from './old-queues.js';

describe('what waits in old queue files', () => {
  it('is counted without a journal and without touching anything', async () => {
    const paths = givenHome();
    writeQueue(paths.legacyQueue, { rows: oldEvents(3), bodyUploads: 2, failures: 1 });
    writeQueue(join(paths.queuesDir, 'queue-00000000000000aa.db'), {
      era: 'A',
      rows: oldEvents(2),
    });
    writeFileSync(join(paths.queuesDir, 'queue-00000000000000bb.db'), 'x'.repeat(5_000));
    const before = oldFilesOf(paths);
    const temporary = copiesIn(tmpdir());

    const states = await oldQueueState(paths);

    expect(states[0]).to.deep.equal({
      path: join(paths.queuesDir, 'queue-00000000000000aa.db'),
      kind: 'scoped',
      digest: '00000000000000aa',
      event_count: 2,
      waiting_count: 2,
      body_upload_count: 0,
      failure_log_count: 0,
      imported: false,
    });
    expect(states[1]).to.include({ event_count: null, waiting_count: null, imported: false });
    expect(states[1]?.error).to.contain('not a database');
    expect(states[2]).to.include({
      kind: 'legacy',
      waiting_count: 3,
      body_upload_count: 2,
      failure_log_count: 1,
    });
    expect(oldFilesOf(paths)).to.deep.equal(before);
    expect(copiesIn(tmpdir()).filter((name) => !temporary.includes(name))).to.deep.equal([]);
  });

  it('is nothing after an import, and the file is not opened again', async () => {
    const paths = givenHome();
    writeQueue(paths.legacyQueue, { rows: oldEvents(3), bodyUploads: 2 });
    const { core } = await migrated(paths);
    const [state] = await withoutScratch(() => oldQueueState(paths, core.imports));
    expect(state).to.include({
      event_count: 3,
      waiting_count: 0,
      body_upload_count: 2,
      imported: true,
    });
  });

  it('counts only rows that are new or rewritten since', async () => {
    const paths = givenHome();
    writeQueue(paths.legacyQueue, { rows: oldEvents(3) });
    const { core } = await migrated(paths);
    appendRows(paths.legacyQueue, [oldEvent('new')]);
    expect((await oldQueueState(paths, core.imports))[0]).to.include({
      event_count: 4,
      waiting_count: 1,
      imported: false,
    });
    await migrated(paths, core);
    expect((await oldQueueState(paths, core.imports))[0]).to.include({
      waiting_count: 0,
      imported: true,
    });
  });

  it('recognises imported rows also where the file was copied or touched', async () => {
    const paths = givenHome();
    writeQueue(paths.legacyQueue, { rows: oldEvents(3) });
    const { core } = await migrated(paths);
    overwrite(paths.legacyQueue, 0, Buffer.from('S'));
    expect((await oldQueueState(paths, core.imports))[0]).to.include({
      waiting_count: 0,
      imported: true,
    });
  });

  it('turns `status --check` green after migrate, and red again by a new row, which it names', async () => {
    const cli = new WarmCli({ SPEC_KITTY_ENABLE_SAAS_SYNC: '0' });
    const paths = givenHome(cli.home);
    writeQueue(paths.legacyQueue, { rows: oldEvents(3) });
    const check = () => cli.run(['status', '--check']);
    expect((await check()).code).to.equal(2);
    expect((await cli.run(['migrate'])).code).to.equal(0);
    const green = await check();
    expect(green.code, green.stdout).to.equal(0);
    appendRows(paths.legacyQueue, [oldEvent('new')]);
    const red = await check();
    expect(red.code).to.equal(2);
    const now = await cli.run(['now']);
    expect(now.stderr).to.contain(`1 row in ${paths.legacyQueue} waiting`);
    const text = await cli.run(['status']);
    expect(text.stdout).to.contain('queue.db').and.to.contain('redrain migrate');
  });
});

const copiesIn = (directory: string): string[] =>
  readdirSync(directory).filter((name) => /^redrain-[A-Za-z0-9]{6}$/.test(name));

/** Copies are made among the temporary files: where there is no such directory, none can be made. */
async function withoutScratch<T>(work: () => Promise<T>): Promise<T> {
  const before = process.env.TMPDIR;
  process.env.TMPDIR = '/nowhere/at/all';
  try {
    return await work();
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
}
