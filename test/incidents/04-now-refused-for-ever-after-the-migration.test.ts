import { expect } from 'chai';
import { sendTo } from '../processes/given-events.js';
import {
  givenHome,
  oldEvents,
  oldFilesOf,
  scopedFile,
  writeQueue,
} from '../spec-kitty/legacy/old-queues.js';
import { eventServer } from '../support/event-server.js';
import { WarmCli } from '../support/warm-cli.js';

describe('incident 4: `now` refused forever after a migration that had succeeded', () => {
  it('imported rows wait no more, and nothing has to be deleted to get there', async () => {
    const server = await eventServer();
    const cli = new WarmCli();
    const paths = givenHome(cli.home);
    const rows = oldEvents(4);
    // Old programs left copies: byte-identical rows in two files are normal.
    writeQueue(paths.legacyQueue, { rows, bodyUploads: 2, failures: 1 });
    writeQueue(scopedFile(paths, 'https://a.example', 'ada', 'blue'), { rows: rows.slice(1) });
    sendTo(cli, server.url);
    const before = oldFilesOf(paths);

    const migration = await cli.run(['migrate']);
    const now = await cli.run(['now']);
    const check = await cli.run(['status', '--check', '--json']);

    expect(migration.code, migration.stderr).to.equal(0);
    expect(now).to.include({ code: 0, stderr: '' });
    expect(now.stdout).to.contain('4 delivered');
    expect(check.code, check.stdout).to.equal(0);
    expect(check.json()).to.have.nested.property('legacy_queue.rows_in_scope', 0);
    expect(withoutConfig(oldFilesOf(paths))).to.deep.equal(withoutConfig(before));
    expect(server.posts.flat()).to.have.members(rows.map(({ eventId }) => eventId));
  });
});

const withoutConfig = (files: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(files).filter(([name]) => name.includes('queue')));
