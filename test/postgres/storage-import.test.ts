import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import type pg from 'pg';
import { App } from '../../src/app/app.js';
import { openQueues } from '../../src/app/jobs/open-queues.js';
import { OsLock } from '../../src/files/os-lock.js';
import { openRedrain } from '../../src/index.js';
import { FILLED_TABLES } from '../../src/postgres/transfer/tables.js';
import { Cli } from '../support/cli.js';
import { postgresJournals } from '../support/postgres-journal.js';
import { rounds } from '../support/rounds.js';
import { ScriptedReceiver } from '../support/scripted-receiver.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';
import { givenFullJournal, NOW } from './full-journal.js';

const EVENT = '{"event_id":"meanwhile","event_type":"T"}';

/** Who drained last on the machine of the file is nobody's lease on a server. */
const LEASES = ['lease_token', 'lease_holder', 'lease_until', 'lease_pid'];

type Rows = Record<string, unknown[][]>;

/** Where it is killed, and at which passing; the first ones in every run of the tests. */
const DEATHS: readonly (readonly [step: string, nth: number])[] = [
  ['import.frozen', 1],
  ['import.sent', 3],
  ['import.going-live', 1],
  ['import.live', 1],
  ['import.planned', 1],
  ['import.locked', 1],
  ['schema.locked', 1],
  ['schema.applied', 1],
  ['import.begun', 1],
  ['import.sent', 1],
  ['import.page', 1],
  ['import.page', 20],
  ['import.sent', 30],
  ['import.copied', 1],
  ['import.compared', 1],
  ['import.verified', 1],
  ['import.complete', 1],
  ['import.finished', 1],
  ['import.forgotten', 1],
];

/** The file is used as before when it is killed there. */
const UNCLAIMED = ['schema.locked', 'schema.applied', 'import.planned'];
const NOT_FROZEN = [...UNCLAIMED, 'import.begun', 'import.locked'];

describe('redrain storage import', function () {
  this.timeout(rounds(120_000, 900_000));
  const journals = postgresJournals();
  let full = '';
  let made = 0;

  before(async () => {
    full = mkdtempSync(join(tmpdir(), 'redrain-full-'));
    cpSync(await givenFullJournal(), full, { recursive: true });
  });

  after(() => rmSync(full, { recursive: true, force: true }));

  /** A copy of the full home, and a schema to move it to, which goes after the test. */
  function given(cli: Cli = new WarmCli()) {
    made += 1;
    const schema = `moved_${made}`;
    closeAfterTest(() => journals.owner.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`));
    cpSync(full, cli.home, { recursive: true });
    return {
      cli,
      schema,
      url: `${journals.url}?schema=${schema}`,
      file: join(cli.home, 'journal.db'),
    };
  }

  const text = (value: unknown): unknown =>
    value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;

  const sorted = (rows: unknown[][]): unknown[][] =>
    rows
      .map((row) => row.map(text))
      .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

  /** Every value of every table of the file, read by nothing of the program. */
  function stored(file: string): Rows {
    const db = new Database(file, { readonly: true });
    try {
      return Object.fromEntries(
        FILLED_TABLES.map(({ name, columns }) => {
          const own = columnsOf(db, name);
          const values = columns.map((column) =>
            LEASES.includes(column.name) || !own.includes(column.name)
              ? 'NULL'
              : `"${column.name}"`,
          );
          return [
            name,
            sorted(db.prepare(`SELECT ${values} FROM "${name}"`).raw().all() as unknown[][]),
          ];
        }),
      );
    } finally {
      db.close();
    }
  }

  const columnsOf = (db: Database.Database, table: string): string[] =>
    db.prepare('SELECT name FROM pragma_table_info(?)').pluck().all(table) as string[];

  /** The same of the server. */
  async function arrived(schema: string): Promise<Rows> {
    const rows: Rows = {};
    for (const { name, columns } of FILLED_TABLES) {
      const values = columns.map((column) => `"${column.name}"`).join(', ');
      const found = await journals.owner.query({
        text: `SELECT ${values} FROM ${schema}."${name}"`,
        rowMode: 'array',
        types: { getTypeParser: parserOf },
      });
      rows[name] = sorted(found.rows as unknown[][]);
    }
    return rows;
  }

  const userVersion = (file: string): number => {
    const db = new Database(file, { readonly: true });
    try {
      return db.pragma('user_version', { simple: true }) as number;
    } finally {
      db.close();
    }
  };

  async function imported(cli: Cli, url: string) {
    const done = await cli.run(['storage', 'import', url]);
    expect(done.code, done.stderr).to.equal(0);
    return done.stdout;
  }

  it('knows every table of the file, and the test has rows in each', () => {
    const db = new Database(join(full, 'journal.db'), { readonly: true });
    const tables = db
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
      .pluck()
      .all() as string[];
    db.close();
    const own = ['migrations', 'filed'];
    expect(tables.filter((name) => !own.includes(name))).to.have.members(
      FILLED_TABLES.map(({ name }) => name),
    );
    const empty = Object.entries(stored(join(full, 'journal.db'))).filter(
      ([, rows]) => rows.length === 0,
    );
    expect(empty.map(([name]) => name)).to.deep.equal([]);
  });

  it('copies every value of every row, leaves the file as it was, and nothing is delivered again', async () => {
    const { cli, schema, url, file } = given();
    const before = stored(file);
    const said = await imported(cli, url);
    expect(said).to.match(/Moved .*journal\.db to the PostgreSQL database/);
    expect(said).to.match(
      /\d+ events, \d+ deliveries, \d+ targets; [\d,]+ rows in all, each compared/,
    );
    expect(said).to.match(/OK: \d+ checks passed, \d+ events, 0 problems/);
    const after = await arrived(schema);
    for (const [name, rows] of Object.entries(before))
      expect(after[name], name).to.deep.equal(rows);
    expect(stored(file)).to.deep.equal(before);
    const receiver = new ScriptedReceiver();
    const app = new App({
      home: cli.home,
      env: { REDRAIN_STORAGE_URL: url },
      receiver: () => receiver,
      now: () => Date.now() + 30 * 86_400_000,
    });
    closeAfterTest(() => app.close());
    await app.drain(NOW);
    const done = delivered(before);
    expect(receiver.posts.flat().filter((id) => done.has(id))).to.deep.equal([]);
    expect(receiver.posts.flat()).to.include('after');
    const [verdict] = await app.captureGroup([{ bytes: Buffer.from(EVENT) }]);
    expect(verdict).to.include({ kind: 'captured' });
    const { rows } = await journals.owner.query(`SELECT max(seq) AS seq FROM ${schema}.event`);
    expect(Number(rows[0].seq)).to.equal(
      Math.max(...(before.event?.map(([seq]) => seq as number) ?? [])) + 1,
    );
    const [manifest = ''] = readdirSync(join(cli.home, 'archive'));
    const bytes = async () =>
      Number((await journals.owner.query(`SELECT count(*) FROM ${schema}.payload`)).rows[0].count);
    const kept = await bytes();
    const env = { REDRAIN_STORAGE_URL: url };
    const restored = await cli.run(['restore', manifest.replace(/\..*$/, ''), '--yes'], { env });
    expect(restored.code, restored.stderr).to.equal(0);
    expect(await bytes()).to.be.greaterThan(kept);
    expect((await cli.run(['verify'], { env })).code).to.equal(0);
  });

  it('keeps what is captured meanwhile and afterwards with the old setting, and says where it goes', async () => {
    const { cli, schema, url, file } = given();
    const redrain = await openRedrain({ home: cli.home, env: {} });
    closeAfterTest(() => redrain.close());
    const capture = (event_id: string) => redrain.capture({ event_id, event_type: 'T' });
    expect(await capture('before')).to.include({ kind: 'captured' });
    await imported(cli, url);
    expect(userVersion(file)).to.be.greaterThan(1_000_000_000);
    expect(await capture('old-setting')).to.include({ kind: 'spooled' });
    const { code, stdout, stderr } = await cli.run(['events']);
    expect(code).to.equal(3);
    expect(stdout + stderr).to.match(/was moved to the PostgreSQL database "redrain_test/);
    expect(stderr).to.include('redrain config set storage.url URL');
    const status = await cli.run(['status']);
    expect(status.stdout).to.match(/problem: .*was moved to the PostgreSQL database/);
    // The program that has it open goes on there, once its home says where.
    writeFileSync(
      join(cli.home, 'config.toml'),
      `${readFileSync(join(cli.home, 'config.toml'), 'utf8')}\n[redrain.storage]\nurl = "${url}"\n`,
    );
    expect(await capture('new-setting')).to.include({ kind: 'captured' });
    const { rows } = await journals.owner.query(
      `SELECT event_id FROM ${schema}.event ORDER BY seq DESC LIMIT 3`,
    );
    expect(rows.map(({ event_id: id }) => id as string)).to.deep.equal([
      'new-setting',
      'old-setting',
      'before',
    ]);
    expect(await imported(cli, url)).to.match(/was moved to .* before/);
  });

  for (const [step, nth] of rounds(DEATHS.slice(0, 4), DEATHS))
    it(`killed at ${step} (${nth}) goes on, and loses nothing that is captured in between`, async () => {
      const { cli, schema, url, file } = given(new Cli());
      const before = stored(file);
      const death = await cli.run(['storage', 'import', url], { crash: { step, nth } });
      expect(death.signal).to.equal('SIGKILL');
      const captured = await cli.run(['capture'], { stdin: EVENT });
      expect(captured.code).to.equal(0);
      const wasFrozen = /1 event in the spool/.test(captured.stdout);
      // Before anything says that it is being filled, it is an empty journal as any other.
      if (!UNCLAIMED.includes(step)) {
        const env = { REDRAIN_STORAGE_URL: url };
        const elsewhere = await cli.run(['capture'], { stdin: EVENT, env });
        expect(/captured 1|1 duplicate/.test(elsewhere.stdout), elsewhere.stdout).to.equal(
          ['import.live', 'import.finished', 'import.forgotten'].includes(step),
        );
      }
      await imported(cli, url);
      const after = await arrived(schema);
      expect(after.event).to.have.length((before.event?.length ?? 0) + 1);
      for (const name of [
        'delivery',
        'lane',
        'todo',
        'flight',
        'post',
        'target',
        'payload',
        'mark',
      ])
        expect(after[name], name).to.include.deep.members(before[name] ?? []);
      expect(wasFrozen).to.equal(!NOT_FROZEN.includes(step));
      const { code, stdout } = await cli.run(['verify'], { env: { REDRAIN_STORAGE_URL: url } });
      expect(code, stdout).to.equal(0);
      const { rows } = await journals.owner.query(
        `SELECT to_regclass('${schema}.transfer') AS left, schema FROM ${schema}.head`,
      );
      expect(rows).to.deep.equal([{ left: null, schema: 1 }]);
    });

  it('is killed at every step that it has', () => {
    const sources = [
      'src/app/storage/import-journal.ts',
      'src/transfer/copy.ts',
      'src/postgres/transfer/destination.ts',
    ];
    const steps = sources.flatMap((path) =>
      [...readFileSync(path, 'utf8').matchAll(/step\('([^']+)'\)/g)].map(([, name]) => name),
    );
    const killed = new Set(DEATHS.map(([step]) => step));
    const elsewhere = ['import.discarded', 'import.released'];
    expect(steps.filter((step = '') => !killed.has(step))).to.have.members(elsewhere);
  });

  it('is undone: the file is used again, and the destination is free', async () => {
    const { cli, schema, url, file } = given(new Cli());
    const before = stored(file);
    const none = await cli.run(['storage', 'import', url, '--cancel']);
    expect(none).to.include({ code: 3 });
    expect(none.stderr).to.match(/nothing to cancel/);
    await cli.run(['storage', 'import', url], { crash: { step: 'import.page', nth: 5 } });
    expect((await cli.run(['capture'], { stdin: EVENT })).stdout).to.match(/in the spool/);
    const busy = await cli.run(['now']);
    expect(busy.stderr).to.match(/is being copied to the PostgreSQL database/);
    expect(busy.stderr).to.include('redrain storage import --cancel');
    const there = await cli.run(['storage', 'check'], { env: { REDRAIN_STORAGE_URL: url } });
    expect(there.stdout).to.match(/PROBLEM\s+schema\s+the journal is being filled/);
    // Killed in the middle of undoing, it is undone by the next one.
    for (const step of ['import.discarded'])
      await cli.run(['storage', 'import', url, '--cancel'], { crash: { step, nth: 1 } });
    const cancelled = await cli.run(['storage', 'import', url, '--cancel']);
    expect(cancelled.code, cancelled.stderr).to.equal(0);
    expect(stored(file)).to.deep.equal(before);
    const { rows } = await journals.owner.query(
      'SELECT table_name FROM information_schema.tables WHERE table_schema = $1',
      [schema],
    );
    expect(rows).to.deep.equal([]);
    expect(
      (await cli.run(['capture'], { stdin: '{"event_id":"later","event_type":"T"}' })).stdout,
    ).to.match(/captured 1 event/);
    await imported(cli, url);
    const finished = await cli.run(['storage', 'import', url, '--cancel']);
    expect(finished).to.include({ code: 3 });
    expect(finished.stderr).to.match(/was moved to the .* completely/);
  });

  it('is undone without the server, as long as nobody can be at work there', async () => {
    const { cli, url, file } = given(new Cli());
    const nowhere = 'postgres://127.0.0.1:9/events';
    await cli.run(['storage', 'import', url], { crash: { step: 'import.page', nth: 5 } });
    const cancelled = await cli.run(['storage', 'import', nowhere, '--cancel']);
    expect(cancelled.stdout).to.match(
      /What was copied is still in the PostgreSQL database "redrain_test/,
    );
    expect(userVersion(file)).to.be.lessThan(1_000);
    const other = given(new Cli());
    await other.cli.run(['storage', 'import', other.url], {
      crash: { step: 'import.complete', nth: 1 },
    });
    const refused = await other.cli.run(['storage', 'import', nowhere, '--cancel']);
    expect(refused).to.include({ code: 1 });
    expect(userVersion(other.file)).to.be.greaterThan(1_000);
  });

  describe('refuses', () => {
    const refusal = async (cli: Cli, url: string, ...more: string[]) => {
      const { code, stderr } = await cli.run(['storage', 'import', url, ...more]);
      return `${code} ${stderr}`;
    };

    /** Nothing was changed by it. */
    const isUntouched = (file: string) => expect(userVersion(file)).to.be.lessThan(1_000);

    it('a destination with a journal, or one that another home is filling', async () => {
      const { cli, url, file } = given();
      await new WarmCli().run(['capture'], { stdin: EVENT, env: { REDRAIN_STORAGE_URL: url } });
      expect(await refusal(cli, url)).to.match(/^3 .*has a journal already \(1 events?\)/);
      isUntouched(file);
      const targets = given();
      await new WarmCli().run(['targets', 'add', 'a', 'stub:'], {
        env: { REDRAIN_STORAGE_URL: targets.url },
      });
      expect(await refusal(targets.cli, targets.url)).to.match(/^3 .*rows in "target"/);
      const half = given(new Cli());
      await half.cli.run(['storage', 'import', half.url], {
        crash: { step: 'import.page', nth: 3 },
      });
      const second = given();
      expect(await refusal(second.cli, half.url)).to.match(
        /^3 .*is being filled from .*:\/.*not finished/,
      );
      isUntouched(second.file);
      expect(await refusal(half.cli, second.url)).to.match(
        /^3 .*is being imported into .* name the first/,
      );
      expect((await half.cli.run(['storage', 'import', half.url])).code).to.equal(0);
      expect(await refusal(half.cli, second.url)).to.match(/^3 .*was moved to/);
    });

    it('while workers, drains or retention of the home are at work, or another import', async () => {
      const { cli, url, file } = given();
      const home = new App({ home: cli.home, env: {} });
      const queues = await openQueues(home);
      closeAfterTest(() => queues.close());
      await queues.announce({
        id: 'w',
        kind: 'dispatch',
        host: hostname(),
        pid: process.pid,
        startedAt: Date.now(),
        queues: [],
        targets: [],
      });
      expect(await refusal(cli, url)).to.match(
        new RegExp(`^3 .*workers of this home run: dispatch \\(process ${process.pid}\\)`),
      );
      await queues.forget('w');
      for (const [lock, words] of [
        ['target-1.lock', /^3 .*the target \S+ is being drained/],
        ['retention.lock', /^3 .*deletes or restores payload bytes/],
        ['import.lock', /^3 .*another command imports/],
      ] as const) {
        const held = OsLock.tryAcquire(join(cli.home, 'locks', lock));
        expect(await refusal(cli, url)).to.match(words);
        held?.release();
      }
      isUntouched(file);
    });

    it('a home without a journal, and one whose journal is not sound', async () => {
      const empty = new WarmCli();
      expect(await refusal(empty, journals.url)).to.match(/^3 .*has no journal to import/);
      expect(existsSync(join(empty.home, 'journal.db'))).to.equal(false);
      const { cli, url, file } = given();
      const db = new Database(file);
      db.exec('UPDATE journal_count SET events = events + 1');
      db.close();
      expect(await refusal(cli, url)).to.match(/^2 .*not sound.*counters/s);
      isUntouched(file);
      await cli.run(['verify', '--repair']);
      const foreign = new Database(file);
      foreign.exec('CREATE TABLE notes (text TEXT)');
      foreign.close();
      expect(await refusal(cli, url)).to.match(/^2 .*not redrain's.*: notes/);
      isUntouched(file);
    });

    it('a URL that cannot be used, a role without the rights, a newer schema', async () => {
      const { cli, url, file, schema } = given();
      expect(await refusal(cli, 'mysql://x/y')).to.match(/^3 .*not one of PostgreSQL/);
      expect(await refusal(cli, 'postgres://127.0.0.1:9/x')).to.match(/^1 .*ECONNREFUSED/);
      expect(await refusal(cli, `postgres://u:\${NOT_SET}@h/x`)).to.match(/^3 .*NOT_SET/);
      const { code, stderr } = await cli.run(['storage', 'import']);
      expect(code, stderr).to.equal(64);
      const role = `nobody_${process.pid}_${made}`;
      await journals.owner.query(`CREATE ROLE ${role} NOLOGIN`);
      closeAfterTest(() => journals.owner.query(`DROP ROLE ${role}`));
      expect(await refusal(cli, `${url}&options=-c%20role%3D${role}`)).to.match(
        /^3 .*the role "nobody_\w+" may not make one.*storage init/s,
      );
      await new WarmCli().run(['storage', 'init'], { env: { REDRAIN_STORAGE_URL: url } });
      await journals.owner.query(`UPDATE ${schema}.head SET schema = 99`);
      expect(await refusal(cli, url)).to.match(/^1 .*written by a newer redrain/);
      isUntouched(file);
    });

    it('a copy that is not equal', async () => {
      const { cli, url, schema, file } = given(new Cli());
      await cli.run(['storage', 'import', url], { crash: { step: 'import.copied', nth: 1 } });
      await journals.owner.query(
        `UPDATE ${schema}.delivery SET attempt_count = attempt_count + 1 WHERE seq = (SELECT min(seq) FROM ${schema}.delivery)`,
      );
      await journals.owner.query(
        `DELETE FROM ${schema}.todo WHERE seq = (SELECT min(seq) FROM ${schema}.todo)`,
      );
      const said = await refusal(cli, url);
      expect(said).to.match(/^2 .*rows of delivery have other values; todo has \d+ of \d+ rows/);
      expect((await cli.run(['storage', 'import', url, '--cancel'])).code).to.equal(0);
      isUntouched(file);
    });
  });
});

/** Ids that the active target has: they must not leave for it again. */
function delivered(rows: Rows): Set<string> {
  const names = new Map(rows.event?.map(([seq, id]) => [seq, id as string]));
  const done = (rows.delivery ?? []).filter(
    ([target, , status]) => target === 1 && ['success', 'duplicate'].includes(status as string),
  );
  return new Set(done.map(([, seq]) => names.get(seq) ?? ''));
}

/** Numbers as numbers, bytes as bytes, everything else as text. */
const parserOf = ((oid: number) => {
  if (oid === 20 || oid === 23) return Number;
  if (oid === 17) return (value: string) => Buffer.from(value.slice(2), 'hex');
  return (value: string) => value;
}) as unknown as pg.CustomTypesConfig['getTypeParser'];
