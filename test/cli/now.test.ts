import { expect } from 'chai';
import type { StatusDocument } from '../../src/app/status.js';
import type { DrainReport } from '../../src/dispatch/drain-report.js';
import { captured, envelopes, PROJECT, SIGNED_IN, sendTo } from '../processes/given-events.js';
import { deliveriesAt, idsWith, readJournal } from '../processes/journal-rows.js';
import { idsIn, scriptedServer } from '../receivers/scripted-server.js';
import { type Cli, type CliOptions, type CliResult, startReceiver } from '../support/cli.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';

const report = (run: CliResult): DrainReport => run.json<DrainReport>();

async function now(cli: Cli, args: string[] = [], options: CliOptions = {}): Promise<CliResult> {
  return cli.run(['now', '--json', ...args], options);
}

describe('redrain now', () => {
  it('answers the document of its contract', async () => {
    const cli = new WarmCli();
    sendTo(cli, 'stub:');
    await captured(cli, envelopes(3));
    const run = await now(cli);
    expect(run.code, run.stderr).to.equal(0);
    const { duration_ms, ...rest } = report(run);
    expect(rest).to.deep.include({
      target_id: 1,
      target_url: 'stub:',
      selected: 3,
      delivered: 3,
      duplicate: 0,
      pending: 0,
      rejected: 0,
      transient: 0,
      terminal_failed: 0,
      held: 0,
      unsent: 0,
      posts: 1,
      blocked_reason: null,
      failures: [],
    });
    expect(duration_ms).to.be.a('number').and.at.least(0);
    expect(await cli.run(['now'])).to.include({
      code: 0,
      stdout: 'stub (stub:): nothing to send\n',
    });
  });

  it('sends at most --limit, and with --dry-run only says what it would send', async () => {
    const cli = new WarmCli();
    const receiver = await startReceiver();
    sendTo(cli, receiver.url);
    await captured(cli, envelopes(10));
    expect(report(await now(cli, ['--dry-run']))).to.include({ selected: 10, posts: 0 });
    expect(report(await now(cli, ['--limit', '4']))).to.include({ delivered: 4, unsent: 6 });
    expect(receiver.sink.eventIds()).to.deep.equal(['e-0001', 'e-0002', 'e-0003', 'e-0004']);
    expect(report(await now(cli, ['--dry-run', '--limit', '5']))).to.include({ selected: 5 });
    expect(receiver.sink.stats().posts).to.equal(1);
  });

  it('drains a target that is named, whatever the active one is', async () => {
    const cli = new WarmCli();
    const [a, b] = [await startReceiver(), await startReceiver()];
    await captured(cli, envelopes(2, 'first'));
    sendTo(cli, a.url);
    const { target_id } = report(await now(cli));
    sendTo(cli, b.url);
    await captured(cli, envelopes(2, 'second'));
    expect(report(await now(cli, ['--target', String(target_id)]))).to.include({
      target_id,
      target_url: a.url,
      delivered: 2,
    });
    expect(a.sink.stats()).to.include({ unique: 4 });
    expect(b.sink.stats()).to.include({ posts: 0 });
  });

  for (const mode of ['LOCAL_RETENTION', 'OPT_OUT'])
    it(`does nothing under ${mode}, says so and exits 0`, async () => {
      const cli = new WarmCli(SIGNED_IN);
      await captured(cli, envelopes(2));
      await cli.run(['mode', mode]);
      const run = await now(cli);
      expect(run.code, run.stderr).to.equal(0);
      expect(report(run)).to.include({ target_id: null, target_url: null, posts: 0, selected: 0 });
      const told = await cli.run(['now']);
      expect(told.code).to.equal(0);
      expect(told.stdout).to.include(mode);
    });

  it('sends nothing, records why and exits 6 while a gate is closed', async () => {
    const cli = new WarmCli();
    const receiver = await startReceiver();
    expect((await cli.run(['server', receiver.url])).code).to.equal(0);
    await captured(cli, envelopes(2));
    const { SPEC_KITTY_ENABLE_SAAS_SYNC, SPEC_KITTY_TOKEN, SPEC_KITTY_USER } = SIGNED_IN;
    const gates: readonly (readonly [string, CliOptions['env']])[] = [
      ['saas_disabled', {}],
      ['saas_disabled', { ...SIGNED_IN, SPEC_KITTY_ENABLE_SAAS_SYNC: 'enabled' }],
      ['missing_auth', { SPEC_KITTY_ENABLE_SAAS_SYNC }],
      ['missing_team', { SPEC_KITTY_ENABLE_SAAS_SYNC, SPEC_KITTY_TOKEN, SPEC_KITTY_USER }],
      ['project_not_allowed', SIGNED_IN],
    ];
    for (const [reason, env = {}] of gates) {
      const run = await now(cli, [], { env });
      expect(run.code, `${reason}: ${run.stderr}`).to.equal(6);
      expect(report(run), reason).to.include({ posts: 0, selected: 0, blocked_reason: reason });
      const says = report(run).message ?? (await cli.run(['now'], { env })).stdout;
      expect(says, reason).to.match(/redrain [a-z]+|export /);
    }
    expect(receiver.sink.stats().posts).to.equal(0);
    expect(
      (await cli.run(['status', '--json'], { env: SIGNED_IN })).json(),
    ).to.have.nested.property('event_journal.drain_blocked.reason', 'project_not_allowed');
    const noted = readJournal(cli.home, (db) =>
      db.prepare('SELECT DISTINCT drain_blocked_reason FROM event').pluck().all(),
    );
    expect(noted).to.deep.equal(['saas_disabled']);
  });

  it('names the address that cannot be used, and where it was written', async () => {
    const cli = new WarmCli({ ...SIGNED_IN, SPEC_KITTY_SAAS_URL: 'ftp://files.test' });
    await captured(cli, envelopes(1));
    const run = await now(cli);
    expect(run.code).to.equal(6);
    expect(report(run)).to.include({ posts: 0, blocked_reason: 'config_unreadable' });
    expect(report(run).message).to.include('SPEC_KITTY_SAAS_URL').and.include('ftp://files.test');
  });

  it('holds what no project was allowed for, counts it, and sends the rest', async () => {
    const cli = new WarmCli(SIGNED_IN);
    const receiver = await startReceiver();
    await cli.run(['server', receiver.url]);
    await captured(cli, [
      ...envelopes(2),
      { event_id: 'unassigned', event_type: 'T' },
      { event_id: 'other', event_type: 'T', project_uuid: 'another-project' },
    ]);
    await cli.run(['projects', 'allow', PROJECT]);
    const run = await now(cli);
    expect(run.code, run.stderr).to.equal(0);
    expect(report(run)).to.include({ delivered: 2, held: 2, unsent: 0 });
    expect(receiver.sink.eventIds()).to.deep.equal(['e-0001', 'e-0002']);
    const status = (await cli.run(['status', '--json'])).json<StatusDocument>();
    expect(status.event_journal)
      .to.have.property('held')
      .deep.equal({ project_not_allowed: 1, missing_project: 1 });
    const left = await now(cli);
    expect(left.code).to.equal(6);
    expect(report(left)).to.include({ posts: 0, blocked_reason: 'project_not_allowed' });
  });

  it('names what was rejected, delivers the rest and exits 7', async () => {
    const cli = new WarmCli();
    const receiver = await startReceiver({ misbehave: { rejectTypes: ['Bad'] } });
    sendTo(cli, receiver.url);
    await captured(cli, [...envelopes(2), { event_id: 'bad', event_type: 'Bad' }]);
    const run = await now(cli);
    expect(run.code).to.equal(7);
    expect(report(run)).to.include({ delivered: 2, rejected: 1 });
    expect(report(run).failures).to.deep.equal([
      { event_id: 'bad', outcome: 'rejected', reason: 'type Bad refused' },
    ]);
    expect(run.stderr).to.include('bad: rejected: type Bad refused');
    const rows = deliveriesAt(cli.home, receiver.url);
    expect(idsWith(rows, 'rejected')).to.deep.equal(['bad']);
    expect(idsWith(rows, 'success')).to.have.length(2);
  });

  it('keeps everything for another try when the server fails or is not there, and exits 7', async () => {
    const cli = new WarmCli();
    const receiver = await startReceiver({ misbehave: { status: 500 } });
    sendTo(cli, receiver.url);
    await captured(cli, envelopes(2));
    for (const says of [/500/, /refused|ECONNREFUSED/]) {
      const run = await now(cli);
      expect(run.code, run.stderr).to.equal(7);
      expect(report(run)).to.include({ delivered: 0, transient: 2, posts: 1 });
      expect(report(run).failures[0]?.reason).to.match(says);
      await receiver.close();
    }
    expect(idsWith(deliveriesAt(cli.home, receiver.url), 'failed_transient')).to.have.length(2);
  });

  it('posts with --wait what is pending once more, and nothing that was refused', async () => {
    const posts: string[][] = [];
    const server = await scriptedServer(({ body }) => {
      const ids = idsIn(body);
      posts.push(ids);
      const status = (id: string): string => {
        if (id === 'e-0001') return 'rejected';
        return posts.length < 3 ? 'pending' : 'success';
      };
      const results = ids.map((id) => ({ event_id: id, status: status(id) }));
      return { status: 200, body: JSON.stringify({ results }) };
    });
    closeAfterTest(() => server.close());
    const cli = new WarmCli();
    sendTo(cli, server.url);
    await captured(cli, envelopes(2));
    const run = await now(cli, ['--wait=30s']);
    expect(run.code, run.stderr).to.equal(7);
    expect(report(run)).to.include({ delivered: 1, pending: 0, rejected: 1 });
    expect(posts).to.deep.equal([['e-0001', 'e-0002'], ['e-0002'], ['e-0002']]);
  });

  it('asks again for what is pending with --wait, and leaves it without', async () => {
    let asked = 0;
    const server = await scriptedServer(({ body }) => {
      asked += 1;
      const status = asked < 3 ? 'pending' : 'success';
      const results = idsIn(body).map((id) => ({ event_id: id, status }));
      return { status: 200, body: JSON.stringify({ results }) };
    });
    closeAfterTest(() => server.close());
    const cli = new WarmCli();
    sendTo(cli, server.url);
    await captured(cli, envelopes(1));
    const first = await now(cli);
    expect(first.code, first.stderr).to.equal(0);
    expect(report(first)).to.include({ pending: 1, delivered: 0 });
    const second = await now(cli, ['--wait=30s']);
    expect(second.code, second.stderr).to.equal(0);
    expect(report(second)).to.include({ pending: 0, delivered: 1, posts: 2 });
  });
});
