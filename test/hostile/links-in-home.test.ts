import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { openRedrain, type Redrain } from '../../src/index.js';
import { payloadsOf } from '../library/journal-rows.js';
import { envelopes, sendTo } from '../processes/given-events.js';
import { type Cli, type CliResult } from '../support/cli.js';
import { rounds } from '../support/rounds.js';
import { closeAfterTest, stateOf } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';

const isLink = (path: string): boolean => lstatSync(path).isSymbolicLink();

/** Through the library: a process for each would only cost time. */
async function through<T>({ home }: Cli, work: (redrain: Redrain) => Promise<T>): Promise<T> {
  const redrain = await openRedrain({ home, env: {} });
  closeAfterTest(() => redrain.close());
  const result = await work(redrain);
  await redrain.close();
  return result;
}

async function expectDelivered(cli: Cli, count: number): Promise<void> {
  const report = await through(cli, (redrain) => redrain.drain());
  expect(report).to.include({ delivered: count, unsent: 0 });
}

async function captured(cli: Cli, count: number, prefix = 'e'): Promise<void> {
  const report = await through(cli, (redrain) => redrain.captureMany(envelopes(count, prefix)));
  expect(report).to.include({ captured: count });
}

describe('links that an operator made', () => {
  before(function () {
    if (process.platform === 'win32') this.skip();
  });

  it('home, redrain/, spool and journal.db may each be elsewhere', async () => {
    const parts = ['', 'redrain/journal.db', ...rounds([], ['redrain', 'redrain/spool'])];
    for (const part of parts) {
      const cli = new WarmCli().ofFirstVersion();
      sendTo(cli, 'stub:');
      await captured(cli, 2);
      mkdirSync(join(cli.home, 'redrain/spool'), { recursive: true, mode: 0o700 });
      const [from, to] = [join(cli.home, part), join(cli.root, 'elsewhere')];
      renameSync(from, to);
      symlinkSync(to, from);
      await captured(cli, 2, 'later');
      await expectDelivered(cli, 4);
      expect(isLink(from), part).to.equal(true);
      expect(payloadsOf(cli.home), part).to.have.length(4);
    }
  });

  it('config.toml stays a link when a command edits it, and its target keeps its mode', async () => {
    const cli = new WarmCli().ofFirstVersion();
    mkdirSync(cli.home, { recursive: true });
    const target = join(cli.root, 'dotfiles.toml');
    writeFileSync(target, '# mine\n[sync]\n', { mode: 0o640 });
    symlinkSync('../dotfiles.toml', join(cli.home, 'config.toml'));
    expect((await cli.run(['server', 'https://team.test'])).code).to.equal(0);
    expect(isLink(join(cli.home, 'config.toml'))).to.equal(true);
    expect(readFileSync(target, 'utf8'))
      .to.match(/^# mine\n/)
      .and.include('https://team.test');
    expect(statSync(target).mode & 0o777).to.equal(0o640);
  });

  it('credentials stay a link at login and logout, and nobody else can read what is behind', async () => {
    const cli = new WarmCli().ofFirstVersion();
    const [file, target] = [join(cli.home, 'redrain/credentials.toml'), join(cli.root, 'vault')];
    mkdirSync(stateOf(cli.home), { recursive: true, mode: 0o700 });
    writeFileSync(target, '# kept\n', { mode: 0o644 });
    symlinkSync(target, file);
    const login = ['login', 'https://team.test', '--token-env', 'NEW'];
    expect((await cli.run(login, { env: { NEW: 'marker-token' } })).code).to.equal(0);
    expect(readFileSync(target, 'utf8'))
      .to.match(/^# kept\n/)
      .and.include('marker-token');
    expect(statSync(target).mode & 0o777).to.equal(0o600);
    expect((await cli.run(['logout', 'https://team.test'])).code).to.equal(0);
    expect(isLink(file)).to.equal(true);
    expect(readFileSync(target, 'utf8')).to.not.include('marker-token');
  });
});

describe('links that nobody should have made', () => {
  before(function () {
    if (process.platform === 'win32') this.skip();
  });

  function givenForeign(cli: Cli): { text: string; database: string } {
    const [text, database] = [join(cli.root, 'foreign.txt'), join(cli.root, 'foreign.db')];
    writeFileSync(text, 'not yours');
    const db = new Database(database);
    db.exec("CREATE TABLE t (x); INSERT INTO t VALUES ('theirs')");
    db.close();
    return { text, database };
  }

  function expectUntouched({ text, database }: { text: string; database: string }): void {
    expect(readFileSync(text, 'utf8')).to.equal('not yours');
    const db = new Database(database, { readonly: true });
    expect(db.prepare('SELECT x FROM t').pluck().all()).to.deep.equal(['theirs']);
    db.close();
  }

  function expectRefused(run: CliResult, says: RegExp): void {
    expect(run.code, run.stderr).to.be.oneOf([1, 6]);
    expect(run.stdout + run.stderr).to.match(says);
    expect(run.stderr).to.not.match(/This was not expected/);
  }

  it('a lock that is one is refused, and what it points to is neither locked nor changed', async () => {
    const cli = new WarmCli().ofFirstVersion();
    sendTo(cli, 'stub:');
    await captured(cli, 2);
    await expectDelivered(cli, 2);
    await captured(cli, 1, 'more');
    const foreign = givenForeign(cli);
    const lock = join(cli.home, 'redrain/locks/target-1.lock');
    expect(existsSync(lock)).to.equal(true);
    const targets = [foreign.database, foreign.text, join(cli.root, 'nothing')];
    for (const target of targets.slice(0, rounds(1, 3))) {
      renameSync(lock, `${lock}.old`);
      symlinkSync(target, lock);
      expectRefused(await cli.run(['now']), /it is a link/);
      expectUntouched(foreign);
      renameSync(`${lock}.old`, lock);
    }
    expect(existsSync(join(cli.root, 'nothing')), 'nothing was made').to.equal(false);
    await expectDelivered(cli, 1);
  });

  it('a journal that is one to another database or text is refused; events go to the spool', async () => {
    for (const which of rounds(['database'] as const, ['text', 'database'] as const)) {
      const cli = new WarmCli().ofFirstVersion();
      sendTo(cli, 'stub:');
      mkdirSync(stateOf(cli.home), { recursive: true, mode: 0o700 });
      const foreign = givenForeign(cli);
      symlinkSync(foreign[which], join(cli.home, 'redrain/journal.db'));
      const before = readFileSync(foreign[which]);
      const run = await cli.run(['capture', '--json', cli.file('e.jsonl', envelopes(2))]);
      expect(run.code, run.stderr).to.equal(0);
      expect(run.json(), which).to.include({ spooled: 2, lost: 0 });
      expect(readFileSync(foreign[which]).equals(before), 'not a byte of it').to.equal(true);
      expectUntouched(foreign);
      expectRefused(await cli.run(['events']), /another program|damaged/);
      expectUntouched(foreign);
    }
  });

  it('a spool entry that is one is taken in or set aside, and its target stays', async () => {
    const cli = new WarmCli().ofFirstVersion();
    sendTo(cli, 'stub:');
    await captured(cli, 1);
    const foreign = givenForeign(cli);
    const spool = join(cli.home, 'redrain/spool');
    mkdirSync(spool, { recursive: true, mode: 0o700 });
    symlinkSync(foreign.text, join(spool, '01ARZ3NDEKTSV4RRFFQ69G5FAV.spool'));
    symlinkSync(foreign.text, join(spool, 'x.spool.tmp'));
    await captured(cli, 1, 'next');
    expectUntouched(foreign);
    expect(readdirSync(spool).filter((name) => name.endsWith('.spool'))).to.deep.equal([]);
    await expectDelivered(cli, 2);
  });
});
