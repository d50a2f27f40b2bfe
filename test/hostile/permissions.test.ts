import { chmodSync, lstatSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { App } from '../../src/app/app.js';
import { runArchive } from '../../src/app/archive.js';
import type { Check as Finding } from '../../src/app/doctor/check.js';
import { examine } from '../../src/app/doctor.js';
import { openRedrain } from '../../src/index.js';
import { captured, envelopes, sendTo } from '../processes/given-events.js';
import { NO_CONTROL } from '../retention/given-journal.js';
import { closeAfterTest, stateOf } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';

/** Modes of everything below a directory that others could read or write. */
function openTo(directory: string): string[] {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const open = names.filter((name) => (lstatSync(join(directory, name)).mode & 0o077) !== 0);
  return open.map(
    (name) => `${name} ${(statSync(join(directory, name)).mode & 0o777).toString(8)}`,
  );
}

/** From here on nothing but what is asked for keeps others out, in child processes too. */
function withoutUmask(): void {
  const before = process.umask(0);
  closeAfterTest(() => process.umask(before));
}

/** Delivers, archives and enqueues through the library: a process for each would only cost time. */
async function everythingDone(home: string): Promise<void> {
  const redrain = await openRedrain({ home, env: {} });
  closeAfterTest(() => redrain.close());
  expect(await redrain.drain()).to.include({ delivered: 3 });
  await redrain.enqueue('gc', {});
  const app = new App({ home, env: {} });
  closeAfterTest(() => app.close());
  expect(await runArchive(app, { includeUndelivered: false }, NO_CONTROL)).to.include({
    events: 3,
  });
}

async function fileModes(home: string): Promise<Finding[]> {
  const app = new App({ home, env: {} });
  const report = await examine(app, async () => ({ failure: 'not asked' }));
  await app.close();
  return report.checks.filter(({ check }) => check === 'file_modes');
}

describe('who may read and write', () => {
  before(function () {
    if (process.platform === 'win32') this.skip();
  });

  it('what redrain makes is its owner’s alone, whatever the umask', async () => {
    const cli = new WarmCli({ NEW: 'a-token' }).ofFirstVersion();
    withoutUmask();
    await captured(cli, envelopes(3));
    for (const args of [
      ['login', 'https://team.test', '--token-env', 'NEW'],
      ['mode', 'EXTERNAL_RECEIVER', '--endpoint', 'stub:'],
    ])
      expect((await cli.run(args)).code, args[0]).to.equal(0);
    await everythingDone(cli.home);
    expect(readdirSync(join(cli.home, 'redrain/archive'))).to.have.length(2);
    expect(openTo(cli.home)).to.deep.equal([]);
    expect(statSync(cli.home).mode & 0o777).to.equal(0o700);
  });

  it('doctor names each thing that is open to others, with the command, and changes none', async () => {
    const cli = new WarmCli().ofFirstVersion();
    await captured(cli, envelopes(1));
    sendTo(cli, 'stub:');
    const login = ['login', 'https://team.test', '--token-env', 'NEW'];
    expect((await cli.run(login, { env: { NEW: 'a-token' } })).code).to.equal(0);
    writeFileSync(join(cli.home, 'credentials'), '', { mode: 0o600 });
    for (const name of ['archive', 'spool'])
      mkdirSync(join(stateOf(cli.home), name), { recursive: true, mode: 0o700 });
    chmodSync(cli.home, 0o700);
    chmodSync(join(cli.home, 'config.toml'), 0o644);
    expect((await fileModes(cli.home)).map(({ status }) => status)).to.deep.equal(['ok']);

    const cases: readonly (readonly [path: string, mode: number, status: string, fix: RegExp])[] = [
      ['', 0o755, 'warning', /^chmod 700 /],
      ['', 0o770, 'problem', /^chmod go-w /],
      ['config.toml', 0o666, 'problem', /^chmod go-w /],
      ['credentials', 0o640, 'problem', /^chmod 600 /],
      ['redrain', 0o750, 'problem', /^chmod 700 /],
      ['redrain/spool', 0o701, 'problem', /^chmod 700 /],
      ['redrain/archive', 0o707, 'problem', /^chmod 700 /],
      ['redrain/credentials.toml', 0o604, 'problem', /^chmod 600 /],
      ['redrain/journal.db', 0o660, 'problem', /^chmod 600 /],
    ];
    for (const [name, mode, status, fix] of cases) {
      const path = join(cli.home, name);
      const before = statSync(path).mode & 0o777;
      chmodSync(path, mode);
      const findings = await fileModes(cli.home);
      expect(
        findings.map((one) => one.status),
        name,
      ).to.deep.equal([status]);
      expect(findings[0]?.command, name)
        .to.match(fix)
        .and.satisfy((c: string) => c.endsWith(path));
      expect(statSync(path).mode & 0o777, `${name} is left as it is`).to.equal(mode);
      chmodSync(path, before);
    }
  });
});
