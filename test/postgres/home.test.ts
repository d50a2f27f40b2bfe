import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { openRedrain } from '../../src/index.js';
import { postgresJournals } from '../support/postgres-journal.js';
import { beforeEachTrip, endAfter, sentIn } from '../support/postgres-trips.js';
import { results, ScriptedReceiver } from '../support/scripted-receiver.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';

const EVENTS = ['a', 'b', 'c'].map((id) => `{"event_id":"${id}","event_type":"T"}`).join('\n');

describe('a home whose journal is in PostgreSQL', () => {
  const journals = postgresJournals();

  it('is used as any other: what one home captures another one delivers', async () => {
    const url = journals.forTest();
    const [edge, worker] = [new WarmCli(), new WarmCli()];
    const env = { REDRAIN_STORAGE_URL: url };
    const run = async (cli: WarmCli, args: string[], stdin = '') => {
      const done = await cli.run(args, { stdin, env });
      expect(done.stderr, args.join(' ')).to.equal('');
      return done;
    };
    expect((await run(edge, ['capture'], EVENTS)).stdout).to.match(/captured 3 events/);
    await run(worker, ['targets', 'add', 'there', 'stub:']);
    expect((await run(worker, ['now'])).stdout).to.match(/3 delivered/);
    expect((await run(edge, ['capture'], EVENTS)).stdout).to.match(/3 duplicates/);
    expect((await run(edge, ['inspect', 'b'])).stdout).to.match(/there/);
    const { stdout } = await run(edge, ['status', '--json']);
    expect(JSON.parse(stdout).event_journal).to.include({ retained_event_count: 3 });
    expect((await run(edge, ['verify'])).code).to.equal(0);
    expect(
      (await run(edge, ['events', '--output', 'jsonl'])).stdout.trim().split('\n'),
    ).to.have.length(3);
    expect((await run(worker, ['replay', 'b'])).stdout).to.match(/1/);
    expect((await run(worker, ['now'])).stdout).to.match(/1 already there/);
  });

  it('keeps an event once whose COMMIT had no answer: it waits in the spool, and is recognised there', async () => {
    const receiver = new ScriptedReceiver();
    const redrain = await openRedrain({
      home: temporaryHome(),
      env: { REDRAIN_STORAGE_URL: journals.forTest() },
      receiver: () => receiver,
      targets: { there: { url: 'http://a.test/' } },
    });
    closeAfterTest(() => redrain.close());
    const event = (id: string) => ({ event_id: id, event_type: 'T' });
    await redrain.capture(event('a'));
    const stored = async () =>
      (await journals.owner.query('SELECT count(*)::int AS events FROM event')).rows[0];
    const restore = beforeEachTrip((client, trip) => {
      if (sentIn(trip).some(({ text }) => text === 'COMMIT')) endAfter(client, trip);
      return undefined;
    });
    expect(await redrain.capture(event('b'))).to.include({ kind: 'spooled' });
    restore();
    expect(await stored()).to.deep.equal({ events: 2 });
    await redrain.drain({ to: 'there' });
    expect(await stored()).to.deep.equal({ events: 2 });
    expect(receiver.posts.flat()).to.deep.equal(['a', 'b']);
    expect(await redrain.capture(event('b'))).to.include({ kind: 'duplicate' });
  });

  it('is the one of config.toml too, and its password is shown nowhere', async () => {
    const cli = new WarmCli();
    const url = new URL(journals.forTest());
    url.password = 'unguessable';
    const text = `[redrain.storage]\nurl = "${url.href.replace('unguessable', `\${STORAGE_KEY}`)}"\n`;
    mkdirSync(cli.home);
    writeFileSync(join(cli.home, 'config.toml'), text);
    const env = { STORAGE_KEY: 'unguessable' };
    const shown = [];
    for (const args of [
      ['capture'],
      ['status'],
      ['doctor'],
      ['config'],
      ['config', 'get', 'storage.url'],
    ]) {
      const { stdout, stderr } = await cli.run(args, { stdin: EVENTS, env });
      shown.push(stdout, stderr);
    }
    expect(shown.join('')).to.not.include('unguessable');
    expect(shown[0]).to.match(/captured 3 events/);
  });

  it('keeps captures in the spool while the server is away, and takes them in when it is back', async () => {
    const home = temporaryHome();
    const url = journals.forTest();
    const nowhere = 'postgres://127.0.0.1:9/events';
    const away = await openRedrain({ home, env: { REDRAIN_STORAGE_URL: nowhere } });
    expect(await away.capture({ event_id: 'a', event_type: 'T' })).to.include({ kind: 'spooled' });
    await away.close();
    const back = await openRedrain({ home, env: { REDRAIN_STORAGE_URL: url } });
    expect(await back.capture({ event_id: 'a', event_type: 'T' })).to.include({
      kind: 'duplicate',
    });
    await back.close();
  });

  it('keeps what a target refuses, and tries it again later', async () => {
    const receiver = new ScriptedReceiver();
    receiver.answer = (batch) =>
      results(batch, ({ eventId }) => ({
        kind: eventId === 'a' ? 'rejected' : 'transient',
        reason: 'no',
      }));
    const env = { REDRAIN_STORAGE_URL: journals.forTest() };
    const home = temporaryHome();
    const redrain = await openRedrain({ home, env, receiver: () => receiver });
    closeAfterTest(() => redrain.close());
    await redrain.targets.add('there', { url: 'http://a.test/in' });
    await redrain.captureMany(['a', 'b'].map((event_id) => ({ event_id, event_type: 'T' })));
    await redrain.drain();
    for (const [id, status] of [
      ['a', 'rejected'],
      ['b', 'failed_transient'],
    ] as const)
      expect((await redrain.inspect(id))?.revisions[0]?.targets[0]?.delivery, id).to.include({
        status,
        attempt_count: 1,
      });
  });

  it('says what is wrong with a storage URL', async () => {
    const cli = new WarmCli();
    const said = async (REDRAIN_STORAGE_URL: string) => {
      const { code, stderr } = await cli.run(['events'], { env: { REDRAIN_STORAGE_URL } });
      expect(code).to.not.equal(0);
      return stderr;
    };
    expect(await said('mysql://127.0.0.1/x')).to.match(/not one of PostgreSQL/);
    expect(await said('postgres://127.0.0.1')).to.match(/names no database/);
    expect(await said(`postgres://u:\${NOT_SET}@127.0.0.1/x`)).to.match(
      /needs the variable NOT_SET/,
    );
    expect(await said('postgres://127.0.0.1:9/x')).to.match(/127\.0\.0\.1:9/);
  });

  it('begins no journal in the home when its config.toml cannot be read any more', async () => {
    const cli = new WarmCli();
    mkdirSync(cli.home);
    const config = join(cli.home, 'config.toml');
    writeFileSync(config, `[redrain.storage]\nurl = "${journals.forTest()}"\n`);
    expect((await cli.run(['capture'], { stdin: EVENTS })).stdout).to.match(/captured 3 events/);
    writeFileSync(config, '[redrain.storage\n');
    const { stdout } = await cli.run(['capture'], { stdin: '{"event_id":"d","event_type":"T"}' });
    expect(stdout).to.match(/captured 0 events, 1 event in the spool/);
  });
});
