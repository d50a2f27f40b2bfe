import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { DoctorReport } from '../../src/app/doctor.js';
import type { StatusDocument } from '../../src/app/status.js';
import { resolveHome } from '../../src/config/home.js';
import { type CliResult } from '../support/cli.js';
import { eventServer } from '../support/event-server.js';
import { WarmCli } from '../support/warm-cli.js';
import { kittyFile } from './given-login.js';
import { oldEvents, scopedFile, writeQueue } from './legacy/old-queues.js';

/** A user of Spec Kitty: its home where it always is, its login, its configuration, its queue. */
async function givenUser() {
  const server = await eventServer();
  const cli = new WarmCli();
  const home = join(cli.userHome, '.spec-kitty');
  mkdirSync(join(home, 'auth'), { recursive: true });
  writeFileSync(join(home, 'config.toml'), `[sync]\nserver_url = "${server.url}"\n# theirs\n`);
  const hours = { accessEnds: 60 * 24 * 365 * 10, refreshEnds: 60 * 24 * 365 * 20 };
  writeFileSync(join(home, 'credentials'), kittyFile({ url: server.url, ...hours }), {
    mode: 0o600,
  });
  const paths = resolveHome({ home, env: {} });
  writeQueue(scopedFile(paths, server.url, 'ada@example.com', 'blue'), { rows: oldEvents(2) });
  const typed = async (line: string, code = 0, stdin = ''): Promise<CliResult> => {
    const run = await cli.startBare(line.split(' '), { stdin }).exited;
    expect(run.code, `${line}: ${run.stdout}${run.stderr}`).to.equal(code);
    return run;
  };
  return { server, cli, home, typed };
}

const EVENT = JSON.stringify({ event_id: 'n1', event_type: 'WPStatusChanged', project_uuid: 'p' });

describe('a home with the files of Spec Kitty', () => {
  it('is found, shown and drained as ever, from the first capture to the old queue', async () => {
    const { server, cli, home, typed } = await givenUser();
    expect((await typed('capture', 0, EVENT)).stdout).to.match(/captured 1 event/);
    expect(readdirSync(join(home, 'redrain'))).to.include('journal.db');
    expect(readdirSync(home)).to.not.include('journal.db');

    const off = await typed('now', 6);
    expect(off.stdout).to.match(/Sending to the Teamspace is switched off/);
    cli.env.SPEC_KITTY_ENABLE_SAAS_SYNC = '1';

    const status = (await typed('status --json')).json<StatusDocument>();
    expect(status.target_authority).to.include({
      configured_server_url: server.url,
      user_id: 'ada@example.com',
      team_slug: 'blue',
      mode: 'TEAMSPACE',
    });
    expect(status).to.include({ mode: 'teamspace', auth_required: true, auth_present: true });
    expect(status.active_queue).to.include({ event_count: 2 });
    expect(status.foreground).to.include({ server_url: server.url });
    const { stdout } = await typed('status');
    expect(stdout).to.match(/^mode +TEAMSPACE$/m);
    expect(stdout).to.match(/^signed in as +ada@example\.com, team blue$/m);

    const { checks } = (await typed('doctor --json', 2)).json<DoctorReport>();
    const names = checks.map(({ check }) => check);
    expect(names).to.include.members(['target_authority', 'credentials', 'old_queues']);

    await typed('migrate');
    expect((await typed('now', 6)).stdout).to.match(/3 events held/);
    await typed('projects allow --all');
    await typed('projects allow --unassigned');
    expect((await typed('now')).stdout).to.match(/3 delivered/);
    expect(server.posts.flat()).to.include('n1').and.have.length(3);
    const [batch] = server.seen.filter(({ path }) => path === '/api/v1/events/batch/');
    expect(batch?.headers).to.include({ authorization: 'Bearer old-access' });
    expect((await typed('now')).stdout).to.match(/nothing to send/);
    expect(readFileSync(join(home, 'config.toml'), 'utf8')).to.match(
      /^\[sync\]\nserver_url = .*\n# theirs\n/,
    );
  });

  it('has their commands in the help, and their words in every setting', async () => {
    const { typed, home } = await givenUser();
    const help = (await typed('--help')).stdout;
    for (const name of ['server', 'login', 'logout', 'migrate'])
      expect(help).to.match(new RegExp(`^  ${name} `, 'm'));
    const { stdout } = await typed('config list');
    for (const key of ['sync.server_url', 'sync.mode', 'SPEC_KITTY_TOKEN', 'sync.max_queue_size'])
      expect(stdout).to.include(key);
    expect((await typed('mode')).stdout).to.match(/^mode: TEAMSPACE\n/);
    await typed('mode keep');
    expect(readFileSync(join(home, 'config.toml'), 'utf8')).to.include('mode = "LOCAL_RETENTION"');
    expect((await typed('now')).stdout).to.match(/Mode LOCAL_RETENTION .*redrain mode TEAMSPACE/);
  });
});
