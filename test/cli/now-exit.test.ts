import { expect } from 'chai';
import { App } from '../../src/app/app.js';
import { changeMode } from '../../src/app/change-mode.js';
import { changeTarget } from '../../src/app/target-changes.js';
import { turn } from '../../src/base/pace.js';
import { exitCode } from '../../src/cli/now-verdict.js';
import { type DrainReport, emptyReport } from '../../src/dispatch/drain-report.js';
import { captured, envelopes, PROJECT, SIGNED_IN, sendTo } from '../processes/given-events.js';
import { idsIn, scriptedServer } from '../receivers/scripted-server.js';
import { type Cli, type CliResult, startReceiver } from '../support/cli.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';

const now = (cli: Cli, ...args: string[]): Promise<CliResult> =>
  cli.run(['now', '--json', ...args]);

/** A target that accepts everything and decides about nothing. */
async function undecided(): Promise<string> {
  const server = await scriptedServer(({ body }) => ({
    status: 200,
    body: JSON.stringify({
      results: idsIn(body).map((id) => ({ event_id: id, status: 'pending' })),
    }),
  }));
  closeAfterTest(() => server.close());
  return server.url;
}

async function ended(cli: Cli, args: string[], code: number): Promise<CliResult> {
  const run = await cli.run(args);
  expect(run.code, `${args.join(' ')}: ${run.stdout}${run.stderr}`).to.equal(code);
  return run;
}

describe('the exit code of redrain now', () => {
  it('is 7 where --wait ends with pending events, also those of an earlier drain', async () => {
    const cli = new WarmCli();
    sendTo(cli, await undecided());
    await captured(cli, envelopes(2));
    expect(await now(cli)).to.include({ code: 0 });
    const waited = await now(cli, '--wait=0s');
    expect(waited.code, waited.stderr).to.equal(7);
    expect(waited.json()).to.deep.include({ pending: 2, complete: false });
  });

  it('is with --strict 7 for each event the target should have and has not', async () => {
    const cli = new WarmCli(SIGNED_IN);
    const receiver = await startReceiver();
    await cli.run(['server', receiver.url]);
    await captured(cli, [
      ...envelopes(2),
      { event_id: 'other', event_type: 'T', project_uuid: 'q' },
    ]);
    await cli.run(['projects', 'allow', PROJECT]);
    const held = await now(cli, '--strict');
    expect(held.code, held.stderr).to.equal(7);
    expect(held.json()).to.have.nested.property('undelivered.held', 1);
    await cli.run(['projects', 'allow', 'q']);
    const whole = await now(cli, '--strict');
    expect(whole.code, whole.stderr).to.equal(0);
    expect(whole.json()).to.include({ complete: true });
  });

  it('counts with --strict what was archived and purged, and every command that chooses a target says so', async () => {
    const cli = new WarmCli();
    sendTo(cli, 'stub:a');
    await captured(cli, envelopes(3));
    await ended(cli, ['now', '--strict'], 0);
    await ended(cli, ['archive', '--yes'], 0);
    await captured(cli, envelopes(2, 'later'));
    await ended(cli, ['now'], 0);
    await ended(cli, ['gc', '--yes'], 0);
    const chosen = await ended(cli, ['mode', 'EXTERNAL_RECEIVER', '--endpoint', 'stub:b'], 0);
    const restore = /3 events only in an archive.*`redrain restore (archive-[^ ]+) --yes`/;
    expect(chosen.stdout).to.match(restore);
    expect(chosen.stdout).to.match(/2 events purged before this target had them/);
    await ended(cli, ['now'], 0);
    const strict = await ended(cli, ['now', '--strict'], 7);
    expect(strict.stdout)
      .to.match(restore)
      .and.match(/not complete: 3 archived, 2 purged/);
    const [, archive = ''] = restore.exec(strict.stdout) ?? [];
    await ended(cli, ['restore', archive, '--yes'], 0);
    await ended(cli, ['now', '--strict'], 7);
    expect((await now(cli, '--strict')).json()).to.have.nested.property('undelivered.archived', 0);
  });

  it('is with --strict 7 where no target is there to have the events', async () => {
    const cli = new WarmCli();
    await ended(cli, ['mode', 'LOCAL_RETENTION'], 0);
    await ended(cli, ['now', '--strict'], 0);
    await captured(cli, envelopes(1));
    await ended(cli, ['now'], 0);
    await ended(cli, ['now', '--strict'], 7);
  });

  it('is 7 where something ended the pass before all was sent, and 0 where --limit did', () => {
    const report = {
      ...emptyReport({ id: 1, name: 'stub', url: 'stub:' }),
      posts: 1,
      delivered: 1,
      unsent: 2,
    };
    expect(exitCode(report, undefined, {})).to.equal(0);
    const message = 'the target asked to be left alone until tomorrow';
    expect(exitCode({ ...report, message }, undefined, {})).to.equal(7);
    const blocked_reason = 'network_unavailable';
    expect(exitCode({ ...report, message, blocked_reason, posts: 0 }, undefined, {})).to.equal(6);
  });
});

async function firstDrainOver(app: App): Promise<void> {
  const { targets } = await app.stores();
  while ((await targets.find(1))?.lastDrainedAt == null) await turn();
}

/** What an operator may say while `now --wait` waits, and the reason it then gives. */
const STOPS: Record<
  string,
  { args: (app: App) => Promise<unknown>; reason: string; says: RegExp }
> = {
  'the mode sends nothing any more': {
    args: (app) => changeMode(app, { mode: 'LOCAL_RETENTION', headers: {} }),
    reason: 'delivery_off',
    says: /Mode keep sends nothing/,
  },
  'the target is retired': {
    args: (app) => changeTarget(app, '1', { kind: 'retire' }),
    reason: 'target_retired',
    says: /is retired/i,
  },
};

describe('redrain now --wait, when in the middle', () => {
  for (const [name, { args: stop, reason, says }] of Object.entries(STOPS))
    it(`${name}: it ends with 6, says why, and asks nobody any more`, async () => {
      const cli = new WarmCli();
      const operator = new App({ home: cli.home });
      closeAfterTest(() => operator.close());
      const posts: string[][] = [];
      let said: Promise<unknown> | undefined;
      const server = await scriptedServer(({ body }) => {
        posts.push(idsIn(body));
        said ??= firstDrainOver(operator).then(() => stop(operator));
        const results = idsIn(body).map((id) => ({ event_id: id, status: 'pending' }));
        return { status: 200, body: JSON.stringify({ results }) };
      });
      closeAfterTest(() => server.close());
      sendTo(cli, server.url);
      await captured(cli, envelopes(2));
      const run = await now(cli, '--wait=60s');
      await said;
      expect(run.code, run.stderr).to.equal(6);
      expect(run.json()).to.include({ pending: 2, blocked_reason: reason });
      expect(run.json<DrainReport>().message).to.match(says);
      expect(posts.length).to.be.at.most(2);
    });

  it('another endpoint becomes the active one: it still asks the one that has the events', async () => {
    const cli = new WarmCli();
    const other = await startReceiver();
    let posts = 0;
    const server = await scriptedServer(({ body }) => {
      posts += 1;
      if (posts === 1) sendTo(cli, other.url);
      const status = posts === 1 ? 'pending' : 'success';
      const results = idsIn(body).map((id) => ({ event_id: id, status }));
      return { status: 200, body: JSON.stringify({ results }) };
    });
    closeAfterTest(() => server.close());
    sendTo(cli, server.url);
    await captured(cli, envelopes(2));
    const run = await now(cli, '--wait=60s');
    expect(run.json(), run.stderr).to.include({ delivered: 2, pending: 0, target_id: 1 });
    expect(run.code).to.equal(0);
    expect(other.sink.stats().posts).to.equal(0);
  });

  it('prints that nothing was sent, not that there is nothing to send', async () => {
    const cli = new WarmCli();
    sendTo(cli, 'stub:');
    await captured(cli, envelopes(1));
    await ended(cli, ['now'], 0);
    await ended(cli, ['mode', 'LOCAL_RETENTION'], 0);
    const { stdout } = await ended(cli, ['now', '--target', '1'], 6);
    expect(stdout).to.match(/^stub \(stub:\): nothing sent\nMode keep sends nothing/);
  });
});
