import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { App } from '../../src/app/app.js';
import type { Check as Finding } from '../../src/app/doctor/check.js';
import { type DoctorReport, examine } from '../../src/app/doctor.js';
import { Spool } from '../../src/journal/spool.js';
import type { HttpAnswer } from '../../src/receivers/answer.js';
import { SCHEMA_VERSION } from '../../src/sqlite/schema.js';
import { thisProcess } from '../../src/targets/holder.js';
import { changeJournal } from '../library/journal-rows.js';
import { captured, envelopes, SIGNED_IN, sendTo } from '../processes/given-events.js';
import { type Cli } from '../support/cli.js';
import { newEvents } from '../support/events.js';
import { corruptHeader, markAsNewer } from '../support/faults.js';
import { stateOf } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';
import { treeHash } from './tree-hash.js';

const NOW = Date.UTC(2026, 10, 22, 15);
const HEALTH = Buffer.from('{"server_instance_id":"i"}');

const answering =
  (status: number, date = new Date(NOW)) =>
  async (): Promise<HttpAnswer> => ({
    status,
    headers: { date: date.toUTCString() },
    body: HEALTH,
  });

async function examined(
  cli: Cli,
  env: NodeJS.ProcessEnv = {},
  ask = answering(200),
): Promise<DoctorReport> {
  return examine(new App({ home: cli.home, env, now: () => NOW }), ask);
}

const of = (report: DoctorReport, check: string): Finding[] =>
  report.checks.filter((finding) => finding.check === check);

async function expectProblem(report: DoctorReport, check: string, command: RegExp): Promise<void> {
  expect(report.ok, check).to.equal(false);
  const problems = of(report, check).filter(({ status }) => status === 'problem');
  expect(problems, check).to.not.deep.equal([]);
  expect(problems[0]?.command, check).to.match(command);
}

async function givenUsed(): Promise<Cli> {
  const cli = new WarmCli();
  await captured(cli, envelopes(2));
  sendTo(cli, 'stub:');
  expect((await cli.run(['now'])).code).to.equal(0);
  return cli;
}

describe('redrain doctor', () => {
  it('finds nothing wrong with a home that works, and says so in text and JSON', async () => {
    const cli = await givenUsed();
    const before = await treeHash(cli.root);
    const text = await cli.run(['doctor']);
    expect(text.code, text.stdout).to.equal(0);
    expect(text.stdout).to.match(/nothing is wrong/);
    const run = await cli.run(['doctor', '--json']);
    const { ok, readiness } = run.json<DoctorReport>();
    expect(ok).to.equal(true);
    expect(readiness).to.include({ state: 'ready' });
    expect(await treeHash(cli.root)).to.equal(before);
  });

  it('creates nothing where there is no home', async () => {
    const cli = new WarmCli();
    const before = await treeHash(cli.root);
    expect((await cli.run(['doctor'])).code).to.equal(0);
    expect(await treeHash(cli.root)).to.equal(before);
  });

  it('ends with 2 when something is wrong, and names what fixes it', async () => {
    const cli = await givenUsed();
    chmodSync(join(stateOf(cli.home), 'journal.db'), 0o644);
    const run = await cli.run(['doctor']);
    expect(run.code).to.equal(2);
    expect(run.stdout).to.match(
      /PROBLEM +file_modes[\s\S]*chmod 600 .*journal\.db[\s\S]*1 problem/,
    );
  });

  it('finds directories and credentials that others can read', async () => {
    const cli = await givenUsed();
    chmodSync(join(cli.home, 'locks'), 0o755);
    writeFileSync(join(cli.home, 'credentials'), '', { mode: 0o644 });
    const commands = of(await examined(cli), 'file_modes').map(({ command }) => command);
    expect(commands).to.deep.equal([
      `chmod 700 ${join(cli.home, 'locks')}`,
      `chmod 600 ${join(cli.home, 'credentials')}`,
    ]);
  });

  it('finds a broken config.toml', async () => {
    const cli = await givenUsed();
    cli.configure('[sync\n');
    await expectProblem(await examined(cli), 'config', /fix .*config\.toml/);
  });

  it('accepts only a health document as healthy, and finds a wrong clock', async () => {
    const cli = new WarmCli();
    cli.configure('[sync]\nserver_url = "https://a.test"\n');
    const healthy = await examined(cli, SIGNED_IN);
    expect(healthy.ok, JSON.stringify(healthy.checks)).to.equal(true);
    expect(of(healthy, 'clock')[0]).to.include({ status: 'ok' });

    await expectProblem(await examined(cli, SIGNED_IN, answering(502)), 'reachability', /redrain/);
    await expectProblem(await examined(cli, SIGNED_IN, answering(401)), 'reachability', /login/);
    const late = answering(200, new Date(NOW - 300_000));
    const skewed = await examined(cli, SIGNED_IN, late);
    await expectProblem(skewed, 'clock', /ntp/);
    expect(of(skewed, 'clock')[0]?.message).to.match(/300 s ahead/);
    const off = await examined(cli, {}, answering(502));
    expect(off.ok).to.equal(true);
    expect(of(off, 'reachability')[0]).to.include({ status: 'skipped' });
  });

  it('finds a login that has ended', async () => {
    const cli = new WarmCli();
    cli.configure('[sync]\nserver_url = "https://a.test"\n');
    const over = '2020-01-01T00:00:00+00:00';
    writeFileSync(
      join(cli.home, 'credentials'),
      `[tokens]\naccess = "a"\nrefresh = "r"\naccess_expires_at = "${over}"\nrefresh_expires_at = "${over}"\n[user]\nusername = "u"\nteam_slug = "t"\n[server]\nurl = "https://a.test"\n`,
      { mode: 0o600 },
    );
    const report = await examined(cli, { SPEC_KITTY_ENABLE_SAAS_SYNC: '1' });
    await expectProblem(report, 'credentials', /redrain login https:\/\/a\.test/);
    expect(report.readiness.state).to.equal('missing_auth');
  });

  it('finds what waits or was torn in the spool', async () => {
    const cli = await givenUsed();
    const spool = join(stateOf(cli.home), 'spool');
    mkdirSync(spool, { recursive: true, mode: 0o700 });
    new Spool(spool).write(newEvents(2));
    expect(of(await examined(cli), 'spool')[0]).to.include({
      status: 'warning',
      command: 'redrain now',
    });
    writeFileSync(join(spool, 'x.spool.torn'), '');
    await expectProblem(await examined(cli), 'spool', /torn/);
  });

  it('finds a stale lease and counters that are wrong', async () => {
    const cli = await givenUsed();
    const holder = thisProcess({ server_url: null, team_or_user: null, queue_db_path: null });
    const gone = JSON.stringify({ ...holder, pid: 2 ** 30 });
    changeJournal(cli.home, `UPDATE target SET lease_holder = '${gone}'`);
    changeJournal(cli.home, 'UPDATE ledger_count SET events = events + 1');
    const report = await examined(cli);
    await expectProblem(report, 'leases', /redrain now --target stub/);
    await expectProblem(report, 'counters', /redrain verify --repair/);
  });

  it('finds a journal of a newer redrain, and one that is damaged', async () => {
    const newer = await givenUsed();
    markAsNewer(join(stateOf(newer.home), 'journal.db'), SCHEMA_VERSION + 1);
    await expectProblem(await examined(newer), 'schema', /npm install/);
    const damaged = await givenUsed();
    corruptHeader(join(stateOf(damaged.home), 'journal.db'));
    await expectProblem(await examined(damaged), 'schema', /backup/);
  });

  it('calls a storage URL that cannot be used no damage', async () => {
    const cli = await givenUsed();
    for (const REDRAIN_STORAGE_URL of ['nonsense', `postgres://u:$\{NO_VARIABLE}@127.0.0.1/x`])
      await expectProblem(await examined(cli, { REDRAIN_STORAGE_URL }), 'schema', /redrain config/);
  });
});
