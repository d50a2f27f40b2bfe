import Database from 'better-sqlite3';
import { expect } from 'chai';
import type { Redrain, StatusDocument } from '../../src/index.js';
import { thisProcess } from '../../src/targets/holder.js';
import { envelopes, givenRedrain, writeConfig } from '../library/given-redrain.js';
import { describeOnEachHome, type EngineHomes } from '../support/each-engine.js';
import { makeTheirs } from '../support/temporary-home.js';

/** No process has this number. */
const GONE = 2 ** 30;

/** What older consumers read, in the order and with the types they were promised (docs/status.md). */
const OLDER_FIELDS: readonly (readonly [name: string, type: string])[] = [
  ['ok', 'boolean'],
  ['exit_code', 'number'],
  ['auth_required', 'boolean'],
  ['auth_present', 'boolean'],
  ['live_orphan_daemon_count', 'number'],
  ['foreground', 'object'],
  ['daemon_owner_record', 'null'],
  ['active_queue', 'object'],
  ['legacy_queue', 'object'],
  ['mismatches', 'array'],
  ['orphan_records', 'array'],
];

const SECTIONS: Readonly<Record<string, readonly string[]>> = {
  target_authority: [
    'configured_server_url',
    'env_server_url',
    'override_mode',
    'resolved_server_url',
    'user_id',
    'team_slug',
    'derived_queue_scope',
    'queue_db_path',
    'active_queue_scope_status',
    'mode',
  ],
  event_journal: [
    'retained_event_count',
    'archived_event_count',
    'oldest_retained_event_at',
    'journal_size_bytes',
    'gc_suggested',
    'gc_suggestion',
    'drain_blocked',
    'spool',
    'held',
    'coalesced',
    'redacted',
  ],
  delivery_targets: ['current', 'previous'],
  delivery_ledger: [
    'delivered_current_target',
    'delivered_previous_target',
    'pending',
    'rejected',
    'transient',
    'per_target',
  ],
  migration_conflicts: ['count', 'cleanup_blocked', 'conflicts'],
  terminal_failures: ['count', 'events'],
  body_upload_compatibility: ['body_upload_queue_count', 'body_upload_failure_log_count'],
};

const kind = (value: unknown): string => {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
};

describeOnEachHome('the status document', (on) => {
  it('has the older fields first, then the seven sections, each with its fields in order', async () => {
    const { home, redrain } = await givenRedrain({ on });
    makeTheirs(home);
    for (const captured of [0, 3]) {
      await redrain.captureMany(envelopes(captured));
      const status: StatusDocument = await redrain.status();
      const entries = Object.entries(status);
      expect(entries.slice(0, OLDER_FIELDS.length).map(([k, v]) => [k, kind(v)])).to.deep.equal(
        OLDER_FIELDS,
      );
      expect(entries.slice(OLDER_FIELDS.length).map(([name]) => name)).to.deep.equal([
        ...Object.keys(SECTIONS),
        'mode',
        'jobs',
        'findings',
      ]);
      for (const [name, fields] of Object.entries(SECTIONS)) {
        const section = status[name as keyof StatusDocument] as object;
        expect(Object.keys(section).filter((field) => fields.includes(field))).to.deep.equal(
          fields,
        );
      }
      expect(Object.keys(status.foreground)).to.deep.equal([
        'package_version',
        'executable_path',
        'source_path',
        'server_url',
        'team_or_user',
        'queue_db_path',
        'pid',
      ]);
    }
  });

  it('holds no value that JSON would drop', async () => {
    const { redrain } = await givenRedrain({ on });
    await redrain.captureMany(envelopes(2));
    await redrain.drain();
    const status = await redrain.status();
    expect(JSON.parse(JSON.stringify(status))).to.deep.equal(status);
  });
});

describeOnEachHome('status is ok', (on) => {
  it('for a home that was never used, and after everything was delivered', async () => {
    const { redrain } = await givenRedrain({ on });
    await expectOk(redrain);
    await redrain.captureMany(envelopes(2));
    await expectOk(redrain);
    await redrain.drain();
    await expectOk(redrain);
  });
});

describeOnEachHome('status is not ok', (on) => {
  it('while a worker of another version holds the target, and names it', async () => {
    const { home, redrain } = await givenDrained(on);
    const holder = thisProcess({
      server_url: 'http://a.test/in',
      team_or_user: null,
      queue_db_path: null,
    });
    await lease(on, home, { ...holder, package_version: '0.0.1' });
    const { daemon_owner_record, mismatches } = await expectNotOk(redrain);
    expect(daemon_owner_record).to.include({ status: 'present', pid: process.pid });
    expect(mismatches[0]).to.include({ field: 'package_version', daemon_value: '0.0.1' });
    await lease(on, home, holder);
    await expectOk(redrain);
  });

  it('with a lease whose process is gone', async () => {
    const { home, redrain } = await givenDrained(on);
    const holder = thisProcess({ server_url: null, team_or_user: null, queue_db_path: null });
    await lease(on, home, { ...holder, pid: GONE });
    const status = await expectNotOk(redrain);
    expect(status).to.include({ live_orphan_daemon_count: 1 });
    expect(status.orphan_records[0]).to.include({ target_id: 1, pid: GONE, status: 'orphan' });
    await redrain.captureMany(envelopes(1, 'more'));
    await redrain.drain();
    await expectOk(redrain);
  });

  it('with the SaaS switch on and nobody signed in', async () => {
    const config = '[sync]\nserver_url = "https://a.test"\n';
    const saas = { SPEC_KITTY_ENABLE_SAAS_SYNC: '1' };
    const { redrain } = await givenRedrain({ on, config, env: saas });
    expect(await expectNotOk(redrain)).to.include({ auth_required: true, auth_present: false });
    const signedIn = { ...saas, SPEC_KITTY_TOKEN: 't', SPEC_KITTY_TEAM: 'blue' };
    const { redrain: other } = await givenRedrain({ on, config, env: signedIn });
    expect(await other.status()).to.include({ ok: true, auth_present: true });
  });

  it('with two servers named, and still shows both', async () => {
    const { redrain } = await givenRedrain({
      on,
      config: '[sync]\nserver_url = "https://a.test"\n',
      env: { SPEC_KITTY_SAAS_URL: 'https://b.test', SPEC_KITTY_SAAS_URL_MODE: 'setup_only' },
    });
    const { target_authority } = await expectNotOk(redrain);
    expect(target_authority?.error)
      .to.match(/a\.test/)
      .and.match(/b\.test/);
  });

  it('while config.toml cannot be read', async () => {
    const { home, redrain } = await givenRedrain({ on });
    writeConfig(home, '[sync\n');
    expect((await expectNotOk(redrain)).mode).to.equal(null);
    makeTheirs(home);
    expect((await expectNotOk(redrain)).target_authority).to.have.property('error');
  });

  it('with rows in an old queue of this scope', async () => {
    const { home, redrain } = await givenRedrain({ on });
    const old = new Database(`${home}/queue.db`);
    old.exec(`CREATE TABLE queue (id INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT UNIQUE,
        event_type TEXT, data TEXT, timestamp INTEGER, retry_count INTEGER);
      INSERT INTO queue (event_id, event_type, data, timestamp, retry_count)
        VALUES ('o', 'T', '{"event_id":"o","event_type":"T"}', 1, 0)`);
    old.close();
    expect((await expectNotOk(redrain)).legacy_queue).to.include({
      event_count: 1,
      rows_in_scope: 1,
    });
  });

  it('with a counter that somebody falsified', async () => {
    const { home, redrain } = await givenDrained(on);
    await on.change(home, 'UPDATE ledger_count SET events = events + 1');
    await expectNotOk(redrain);
  });
});

async function givenDrained(on: EngineHomes) {
  const given = await givenRedrain({ on });
  await given.redrain.captureMany(envelopes(2));
  await given.redrain.drain();
  return given;
}

const lease = (on: EngineHomes, home: string, holder: object): Promise<void> =>
  on.change(
    home,
    `UPDATE target SET lease_token = 't', lease_holder = '${JSON.stringify(holder)}'`,
  );

async function expectOk(redrain: Redrain): Promise<void> {
  expect(await redrain.status()).to.include({ ok: true, exit_code: 0 });
}

async function expectNotOk(redrain: Redrain): Promise<StatusDocument> {
  const status = await redrain.status();
  expect(status).to.include({ ok: false, exit_code: 2 });
  return status;
}
