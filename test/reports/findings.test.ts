import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { reportStatus } from '../../src/app/status.js';
import { readTop } from '../../src/app/top.js';
import { statusText } from '../../src/cli/status-text.js';
import { Spool } from '../../src/journal/spool.js';
import { LitequeQueues } from '../../src/queue/liteque-queue.js';
import { thisProcess } from '../../src/targets/holder.js';
import { externalTo, writeConfig } from '../library/given-redrain.js';
import { describeOnEachHome } from '../support/each-engine.js';
import { newEvents } from '../support/events.js';
import { closeAfterTest, stateOf } from '../support/temporary-home.js';
import { typed } from '../support/typed.js';

import { capture, expectMended, found, type Given, given } from './given-findings.js';

describeOnEachHome('what is found, and what ends it:', (on) => {
  it('rejected events, with the cause the server gave', async () => {
    const at = await given('', on);
    await capture(at, 3);
    at.answer = 'rejected';
    await typed(at.home, ['now'], at.env);
    const before = () => (at.answer = 'success');
    await expectMended(at, 'rejected', { says: /^3 rejected · ".*type T refused"/, before });
  });

  it('events that failed for good', async () => {
    const at = await given('', on);
    await capture(at, 1);
    at.answer = 413;
    await typed(at.home, ['now'], at.env);
    await expectMended(at, 'terminal', { says: /^1 failed for good · "/ });
  });

  it('an open circuit, and what is to be tried again', async () => {
    const at = await given('max_events = 1\n', on);
    await capture(at, 5);
    at.answer = 500;
    await typed(at.home, ['now'], at.env);
    expect((await found(at, 'transient'))[0]).to.include({ status: 'warning', count: 3 });
    const before = () => (at.answer = 'success');
    await expectMended(at, 'circuit', { says: /open after 3 failed batches/, before });
    expect(await found(at, 'transient')).to.deep.equal([]);
  });

  it('pending events, which are no failure', async () => {
    const at = await given('', on);
    await capture(at, 2);
    at.answer = 'pending';
    await typed(at.home, ['now'], at.env);
    const before = () => (at.answer = 'success');
    await expectMended(at, 'pending', { weight: 'notice', before });
  });

  it('a backlog, which is not a failure, and a reset', async () => {
    const at = await given('', on);
    await capture(at, 2);
    await expectMended(at, 'unsent', { weight: 'notice', says: /^2 events wait to be sent/ });
    const signal = JSON.stringify({ field: 'server_instance_id', before: 'a', after: 'b', at: 1 });
    await on.change(at.home, `UPDATE target SET reset_signal = '${signal}'`);
    await expectMended(at, 'reset', { weight: 'warning', says: /may have been reset/ });
    await expectMended(at, 'replay', { weight: 'notice' });
  });

  it('a retired target in force, to which events wait to go', async () => {
    const at = await given('', on);
    await capture(at, 1);
    await typed(at.home, ['now'], at.env);
    await typed(at.home, ['targets', 'retire', '1'], at.env);
    expect((await found(at, 'retired'))[0]?.status).to.equal('warning');
    await capture(at, 1, 'later');
    expect(await found(at, 'unsent')).to.deep.equal([]);
    await expectMended(at, 'retired', { says: /retired and gets nothing: 1 event waiting/ });
  });

  it('events of no project, and events that only an archive has', async () => {
    const at = await given('projects = "allowed"\n', on);
    await capture(at, 2);
    await expectMended(at, 'held', { weight: 'notice' });
    await typed(at.home, ['now'], at.env);
    await typed(at.home, ['archive', '--yes'], at.env);
    writeConfig(at.home, externalTo('stub:other'));
    await typed(at.home, ['now'], at.env);
    await expectMended(at, 'archived', { weight: 'notice', says: /^2 events only in an archive/ });
  });

  it('counters that are wrong, and a lease whose process is gone', async () => {
    const at = await given('', on);
    await capture(at, 2);
    await typed(at.home, ['now'], at.env);
    const holder = thisProcess({ server_url: null, team_or_user: null, queue_db_path: null });
    const gone = JSON.stringify({ ...holder, pid: 2 ** 30 });
    await on.change(at.home, `UPDATE target SET lease_holder = '${gone}'`);
    await expectMended(at, 'leases', { says: /left its lease on \S+ behind/ });
    await on.change(at.home, 'UPDATE ledger_count SET events = events + 1');
    await expectMended(at, 'counters');
  });

  it('a spool that waits, and one that is damaged', async () => {
    const at = await given('', on);
    const dir = join(stateOf(at.home), 'spool');
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    new Spool(dir).write(newEvents(2));
    await expectMended(at, 'spool', { weight: 'warning', says: /^2 events in 1 file/ });
    writeFileSync(join(dir, 'x.spool.torn'), '', { mode: 0o600 });
    await expectMended(at, 'spool', { says: /1 damaged spool file/ });
  });

  it('a conflict, old rows, and files that others can read', async () => {
    const at = await given('', on);
    await capture(at, 1);
    await at.app.captureGroup([{ bytes: Buffer.from('{"event_id":"e0","event_type":"Other"}') }]);
    await expectMended(at, 'conflicts', { says: /^1 conflict not resolved/ });
    const old = new Database(join(at.home, 'queue.db'));
    old.exec(`CREATE TABLE queue (id INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT UNIQUE,
        event_type TEXT, data TEXT, timestamp INTEGER, retry_count INTEGER);
      INSERT INTO queue (event_id, event_type, data, timestamp, retry_count)
        VALUES ('o', 'T', '{"event_id":"o","event_type":"T"}', 1, 0)`);
    old.close();
    await expectMended(at, 'old_queues', { says: /1 row waits in an old queue/ });
    chmodSync(at.home, 0o755);
    await expectMended(at, 'file_modes', { weight: 'warning' });
    chmodSync(at.home, 0o700);
    if (on.engine === 'PostgreSQL') return;
    chmodSync(join(stateOf(at.home), 'journal.db'), 0o644);
    await expectMended(at, 'file_modes');
  });

  it('jobs that failed, that wait in a paused queue, and that nobody serves', async () => {
    const at = await given('', on);
    const queues = await LitequeQueues.open(at.app.paths.jobsDb);
    closeAfterTest(() => queues.close());
    const queue = queues.queue('gc');
    await queue.add('gc', {}, { attempts: 1 });
    const worker = queue.process(async () => Promise.reject(new Error('no room')));
    await worker.whenIdle();
    await worker.close();
    await expectMended(at, 'failed_jobs', { says: /1 job failed in queue gc · "no room"/ });
    await queue.pause();
    await expectMended(at, 'paused', { says: /queue gc is paused, and 1 job waits in it/ });
    const [unserved] = await found(at, 'unserved');
    expect(unserved).to.include({ status: 'problem', command: 'redrain worker gc', count: 1 });
    const who = { ...thisProcess({ server_url: null, team_or_user: null, queue_db_path: null }) };
    const live = { id: 'w', kind: 'gc', host: who.host, pid: who.pid, startedAt: 1, targets: [] };
    await queues.announce({ ...live, queues: ['gc'] });
    expect(await found(at, 'unserved')).to.deep.equal([]);
    expect(statusText(await reportStatus(at.app), [])).to.match(
      new RegExp(`workers +gc ${who.pid}`),
    );
  });
});

describeOnEachHome('the next step', (on) => {
  const next = async ({ app }: Given): Promise<string> =>
    /^next +(.*)$/m.exec(statusText(await reportStatus(app), []))?.[1] ?? '';

  const commands = async ({ app }: Given): Promise<(string | null)[]> =>
    (await reportStatus(app)).findings.map(({ command }) => command);

  it('is never `redrain now` where it would send nothing', async () => {
    const at = await given('', on);
    expect(await next(at)).to.equal('nothing to do');
    await capture(at, 2);
    expect(await next(at)).to.equal('`redrain now` sends 2 events');
    for (const mode of ['LOCAL_RETENTION', 'OPT_OUT']) {
      await typed(at.home, ['mode', mode], at.env);
      expect(await next(at)).to.match(/redrain use \S+ sends again/);
      expect(await commands(at)).to.not.include('redrain now');
    }
    writeConfig(at.home, '[sync\n');
    expect(await next(at)).to.match(/^fix .*config\.toml/);
  });

  it('is to wait where the target asked for that', async () => {
    const at = await given('', on);
    await capture(at, 2);
    await typed(at.home, ['now', '--limit', '1'], at.env);
    await on.change(at.home, `UPDATE target SET resume_at = ${Date.now() + 600_000}`);
    expect(await next(at)).to.match(/^wait until 20.*then `redrain now`/);
    expect(await commands(at)).to.deep.equal([null, null]);
    expect((await typed(at.home, ['now'], at.env)).code).to.equal(6);
  });

  it('is nothing while a drain runs, whose pace and end it shows', async () => {
    const at = await given('max_events = 1\n', on);
    await capture(at, 6);
    await typed(at.home, ['now', '--limit', '2'], at.env);
    const holder = JSON.stringify(
      thisProcess({ server_url: null, team_or_user: null, queue_db_path: null }),
    );
    await on.change(
      at.home,
      `UPDATE target SET lease_holder = '${holder}';
       UPDATE post SET started_at = 1000 + id * 1000, duration_ms = 1000, pass_no = (SELECT pass_no FROM target)`,
    );
    expect(await next(at)).to.match(/^nothing to type: sending, 1\/s, 4 s left \(process \d+\)/);
    const text = statusText(await reportStatus(at.app), []);
    expect(text).to.match(/^drain +sending, 1\/s, 4 s left \(process \d+\)$/m);
    expect((await typed(at.home, ['doctor'], at.env)).stdout).to.match(
      /draining +sending, 1\/s, 4 s left/,
    );
    expect((await readTop(at.app)).top.targets[0]?.activity).to.equal('sending, 1/s, 4 s left');

    // A drain of another target shows too, and is no reason to wait.
    writeConfig(at.home, externalTo('stub:other'));
    const elsewhere = statusText(await reportStatus(at.app), []);
    expect(elsewhere).to.match(/^drain +sending, 1\/s, 4 s left at \S+ \(process \d+\)$/m);
    expect(await next(at)).to.equal('`redrain now` sends 6 events');
  });
});

describeOnEachHome('"nothing is wrong"', (on) => {
  it('is said only when nothing is', async () => {
    const at = await given('', on);
    await capture(at, 2);
    const verdict = async (): Promise<string> =>
      (await typed(at.home, ['doctor'], at.env)).stdout.trimEnd().split('\n').at(-1) ?? '';
    expect(await verdict()).to.equal('nothing is wrong');
    at.answer = 500;
    await typed(at.home, ['now'], at.env);
    at.answer = 'success';
    expect(await verdict()).to.equal('no problem, 1 warning');
  });
});

describeOnEachHome('findings at targets that are not in force', (on) => {
  it('are warnings, a few of them by name, and none of a retired one', async () => {
    const at = await given('', on);
    await capture(at, 1);
    at.answer = 'rejected';
    await typed(at.home, ['now'], at.env);
    await on.change(
      at.home,
      Array.from({ length: 8 }, (_, i) => COPY.replaceAll('@id', String(i + 2))).join(';'),
    );
    await typed(at.home, ['targets', 'retire', '2'], at.env);
    writeConfig(at.home, externalTo('stub:'));
    await typed(at.home, ['now'], at.env);
    const rejected = await found(at, 'rejected');
    expect(rejected.map(({ status, target_id }) => [status, target_id])).to.deep.equal(
      [1, 3, 4, 5, 6].map((id) => ['warning', id]),
    );
    expect((await found(at, 'other_targets'))[0]).to.include({ count: 3 });
  });
});

const COPY = `
  INSERT INTO target (id, url_hash, team_slug, user_email, kind, canonical_url, raw_endpoint, settings, created_at, delivery_rows)
    SELECT @id, 'h@id', '', '', kind, 'http://@id.test', 'http://@id.test', settings, 1, 1 FROM target WHERE id = 1;
  INSERT INTO delivery SELECT @id, seq, status, attempt_count, rejection_count, first_attempted_at,
    last_attempted_at, accepted_at, completed_at, next_attempt_at, server_drain_state,
    last_http_status, last_error, last_response_json, deployment_ref, generation FROM delivery WHERE target_id = 1;
  INSERT INTO ledger_count SELECT @id, origin_id, class, status, events FROM ledger_count WHERE target_id = 1;
  INSERT INTO cause SELECT @id, status, text, events FROM cause WHERE target_id = 1`;
