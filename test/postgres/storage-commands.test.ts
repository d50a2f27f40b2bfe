import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import pg from 'pg';
import { initStorage, migrateStorage } from '../../src/postgres/administration.js';
import { placeOf } from '../../src/postgres/place.js';
import { rolesOf } from '../../src/postgres/schema/roles.js';
import { MIGRATIONS, type SchemaMigration } from '../../src/postgres/schema.js';
import { openStores } from '../../src/postgres/stores.js';
import { newEvents } from '../support/events.js';
import { failureOf } from '../support/failure-of.js';
import { postgresJournals } from '../support/postgres-journal.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';

const EVENT = '{"event_id":"a","event_type":"T"}';

describe('redrain storage', () => {
  const journals = postgresJournals();
  /** Schemas of tests, for names of roles that no other test has. */
  let made = 0;

  /** A URL whose schema is not made; schema and roles go after the test. */
  function givenPlace() {
    made += 1;
    const schema = `s${process.pid}_${made}`;
    const roles = rolesOf(schema);
    closeAfterTest(async () => {
      await journals.owner.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
      for (const role of [roles.gc, roles.application]) {
        const { rows } = await journals.owner.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [
          role,
        ]);
        if (rows.length === 0) continue;
        await journals.owner.query(`DROP OWNED BY "${role}"; DROP ROLE "${role}"`);
      }
    });
    return { schema, roles, url: `${journals.url}?schema=${schema}` };
  }

  /** As a member of one role works, whatever the server wants of people who sign in. */
  const urlAs = (url: string, role: string): string => {
    const named = new URL(url);
    named.searchParams.set('options', `-c role=${role}`);
    return named.href;
  };

  async function typed(url: string, args: readonly string[], stdin = '') {
    const cli = new WarmCli();
    return cli.run(args, { stdin, env: { REDRAIN_STORAGE_URL: url } });
  }

  it('init makes tables and roles, once; the application captures and gc is another one', async () => {
    const { url, roles } = givenPlace();
    const first = await typed(url, ['storage', 'init', '--roles']);
    expect(first.stdout).to.match(/: made the tables \(schema 1\)/);
    expect(first.stdout).to.include(`GRANT USAGE ON SCHEMA`);
    expect(first.stdout).to.include(`GRANT "${roles.application}" TO USER;`);
    const again = await typed(url, ['storage', 'init']);
    expect(again.stdout).to.match(/the tables are there \(schema 1\)/);
    expect(again.stdout).to.include(roles.gc);
    const application = urlAs(url, roles.application);
    expect((await typed(application, ['capture'], EVENT)).stdout).to.match(/captured 1 event/);
    const check = await typed(application, ['storage', 'check']);
    expect(check).to.include({ code: 0 });
    expect(check.stdout).to.include(
      `gc, archive, restore and redact need a member of "${roles.gc}"`,
    );
    const cli = new WarmCli();
    const env = { REDRAIN_STORAGE_URL: application };
    await cli.run(['targets', 'add', 'there', 'stub:'], { env });
    await cli.run(['now'], { env });
    const refused = await cli.run(['gc', '--yes'], { env });
    expect(refused.code).to.equal(3);
    expect(refused.stderr).to.include(`need the role "${roles.gc}"`);
    expect(refused.stderr).to.include('REDRAIN_STORAGE_URL');
    const allowed = await cli.run(['gc', '--yes'], {
      env: { REDRAIN_STORAGE_URL: urlAs(url, roles.gc) },
    });
    expect(allowed.stdout).to.match(/Purged the payload bytes of 1 event/);
  });

  it('says who may make the tables where the role may not, and keeps the event', async () => {
    const { url, roles } = givenPlace();
    await journals.owner.query(`CREATE ROLE "${roles.application}" NOLOGIN`);
    const stranger = urlAs(url, roles.application);
    const captured = await typed(stranger, ['capture'], EVENT);
    expect(captured.stdout).to.match(/captured 0 events, 1 event in the spool/);
    const { code, stderr } = await typed(stranger, ['targets', 'add', 'there', 'stub:']);
    expect(code).to.equal(3);
    expect(stderr).to.match(/no journal yet, and the role "\w+" may not make one/);
    expect(stderr).to.include('redrain storage init');
    const init = await typed(stranger, ['storage', 'init']);
    expect(init).to.include({ code: 3 });
  });

  it('names the rights that a role lacks on tables that are there', async () => {
    const { url, roles } = givenPlace();
    await typed(url, ['storage', 'init']);
    await journals.owner.query(`CREATE ROLE "${roles.application}" NOLOGIN`);
    const stranger = urlAs(url, roles.application);
    const { code, stdout } = await typed(stranger, ['storage', 'check']);
    expect(code).to.equal(2);
    expect(stdout).to.match(/PROBLEM\s+privileges\s+the role "\w+" may not use the tables/);
    expect(stdout).to.include(`GRANT "${roles.application}"`);
    const { stderr } = await typed(stranger, ['targets', 'add', 'there', 'stub:']);
    expect(stderr).to.match(/has no right to do this \(permission denied/);
    expect(stderr).to.include('redrain storage check');
  });

  it('says that roles cannot be made by a role without the right to', async () => {
    const { url, schema, roles } = givenPlace();
    await journals.owner.query(
      `CREATE ROLE "${roles.application}" NOLOGIN; CREATE SCHEMA ${schema} AUTHORIZATION "${roles.application}"; GRANT CREATE ON DATABASE ${journals.name} TO "${roles.application}"`,
    );
    closeAfterTest(() =>
      journals.owner.query(
        `REVOKE CREATE ON DATABASE ${journals.name} FROM "${roles.application}"`,
      ),
    );
    const { code, stderr } = await typed(urlAs(url, roles.application), [
      'storage',
      'init',
      '--roles',
    ]);
    expect(code).to.equal(3);
    expect(stderr).to.match(/may not make roles/);
    expect(stderr).to.include('redrain storage init --roles --sql');
  });

  it('prints what an administrator can run, which is the same', async () => {
    const { url, schema, roles } = givenPlace();
    expect((await typed(url, ['storage', 'migrate', '--sql'])).stderr).to.match(/no table has to/);
    const { stdout } = await typed(url, ['storage', 'init', '--roles', '--sql', '--quiet']);
    expect(stdout).to.match(/^-- The journal of redrain in the PostgreSQL database/);
    const client = new pg.Client(placeOf(url).connectionString);
    await client.connect();
    closeAfterTest(() => client.end());
    await client.query(stdout);
    const check = await typed(urlAs(url, roles.gc), ['storage', 'check', '--json']);
    const { checks } = JSON.parse(check.stdout) as { checks: { status: string }[] };
    expect(checks.map(({ status }) => status)).to.deep.equal(Array(6).fill('ok'));
    const stores = await openStores(url);
    await stores.journal.append(newEvents(2), 'capture');
    await stores.close();
    const { rows } = await journals.owner.query(`SELECT seq, home FROM ${schema}.head`);
    expect(rows[0]).to.include({ seq: '2' });
    expect(rows[0].home).to.match(/^[0-9a-f-]{36}$/);
    expect((await typed(url, ['storage', 'migrate', '--sql'])).stderr).to.match(/nothing to do/);
  });

  it('migrate brings tables up to date, all or nothing, one process at a time, with rights for the roles', async () => {
    const { url, schema, roles } = givenPlace();
    expect((await typed(url, ['storage', 'migrate'])).stdout).to.match(/no journal yet/);
    await initStorage(url, true);
    const later: SchemaMigration = { name: 'more', statements: ['CREATE TABLE later (id bigint)'] };
    const broken = { name: 'broken', statements: ['CREATE TABLE more (id bigint)', 'SELECT 1/0'] };
    await failureOf(migrateStorage(url, [...MIGRATIONS, later, broken]));
    const tables = async () =>
      (
        await journals.owner.query(
          `SELECT table_name FROM information_schema.tables WHERE table_schema = $1 AND table_name IN ('later', 'more')`,
          [schema],
        )
      ).rows.map(({ table_name: name }) => name as string);
    expect(await tables()).to.deep.equal([]);
    await journals.owner.query(`REVOKE INSERT ON ${schema}.event FROM "${roles.application}"`);
    const both = await Promise.all([1, 2].map(() => migrateStorage(url, [...MIGRATIONS, later])));
    expect(both.map((change) => change?.before).sort()).to.deep.equal([1, 2]);
    expect(await tables()).to.deep.equal(['later']);
    const { rows } = await journals.owner.query(
      `SELECT has_table_privilege($1, '${schema}.event', 'INSERT') AS granted`,
      [roles.application],
    );
    expect(rows[0].granted).to.equal(true);
    const { code, stderr } = await typed(url, ['storage', 'migrate']);
    expect(code).to.equal(1);
    expect(stderr).to.match(/written by a newer redrain \(schema 2, this program knows up to 1\)/);
    const check = await typed(url, ['storage', 'check']);
    expect(check.stdout).to.match(/PROBLEM\s+schema\s+the journal has schema 2/);
    expect((await typed(url, ['capture'], EVENT)).stdout).to.match(/1 event in the spool/);
  });

  it('says what keeps a storage URL from being used', async () => {
    const said = async (url: string, args = ['storage', 'check']) => {
      const { code, stderr } = await typed(url, args);
      return `${code} ${stderr}`;
    };
    expect(await said('mysql://127.0.0.1/x')).to.match(/^3 .*not one of PostgreSQL/);
    expect(await said('postgres://127.0.0.1')).to.match(/^3 .*names no database/);
    expect(await said(`postgres://u:\${NOT_SET}@127.0.0.1/x`)).to.match(/^3 .*NOT_SET/);
    expect(await said('postgres://127.0.0.1:9/x')).to.match(/^1 .*127\.0\.0\.1:9.*ECONNREFUSED/);
    const nowhere = new URL(journals.url);
    nowhere.pathname = '/redrain_not_there';
    expect(await said(nowhere.href, ['storage', 'init'])).to.match(/^1 .*does not exist/);
    const long = `${journals.url}?schema=${'s'.repeat(60)}`;
    expect(await said(long, ['storage', 'init', '--roles', '--sql'])).to.match(/^3 .*too long/);
  });

  it('has little to do for a journal in the home', async () => {
    const cli = new WarmCli();
    const said = async (...args: string[]) => {
      const { code, stdout, stderr } = await cli.run(['storage', ...args]);
      expect(code, stderr).to.equal(0);
      return stdout + stderr;
    };
    expect(await said('init')).to.match(/the first capture makes it, and nothing else is needed/);
    expect(await said('init', '--sql')).to.match(/nothing else is needed/);
    expect(await said('migrate')).to.match(/no journal yet/);
    expect(await said('check')).to.match(/the first capture makes the journal/);
    expect(existsSync(join(cli.home, 'journal.db'))).to.equal(false);
    await cli.run(['capture'], { stdin: EVENT });
    expect(await said('migrate')).to.match(/up to date, nothing to do/);
    expect(await said('check')).to.match(/triggers\s+as this program made them/);
    writeFileSync(
      join(cli.home, 'journal.db'),
      'this is no database at all, and long enough for it',
    );
    expect((await cli.run(['storage', 'check'])).code).to.equal(2);
  });
});
