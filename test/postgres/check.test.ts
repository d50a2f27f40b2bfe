import { expect } from 'chai';
import pg from 'pg';
import {
  checkStorage,
  poolerBetween,
  type StorageFinding,
  settingsFinding,
} from '../../src/postgres/check.js';
import { placeOf } from '../../src/postgres/place.js';
import { grantStatements, rolesOf } from '../../src/postgres/schema/roles.js';
import { failureOf } from '../support/failure-of.js';
import { postgresJournals } from '../support/postgres-journal.js';
import { closeAfterTest } from '../support/temporary-home.js';

describe('a check of storage on PostgreSQL:', () => {
  const journals = postgresJournals();
  const roles = rolesOf(`${journals.name}_c`);

  before(async () => {
    for (const statement of grantStatements('redrain', roles))
      await journals.owner.query(statement);
    journals.roles.push(roles.gc, roles.application);
  });

  const urlWith = (name: string, value: string): string => {
    const url = new URL(journals.url);
    url.searchParams.set(name, value);
    return url.href;
  };

  const found = async (name: StorageFinding['name'], url = journals.url) =>
    (await checkStorage(url)).find((finding) => finding.name === name);

  it('has nothing to say against the roles that were made for it', async () => {
    for (const role of [roles.application, roles.gc]) {
      const findings = await checkStorage(urlWith('options', `-c role=${role}`));
      expect(findings.map(({ state }) => state)).to.deep.equal(Array(6).fill('ok'));
      expect(findings.at(-1)?.message.includes('behind purge records')).to.equal(role === roles.gc);
    }
  });

  it('warns of a role that owns the tables', async () => {
    const finding = await found('privileges');
    expect(finding).to.include({ state: 'warning' });
    expect(finding?.message).to.contain('owns the tables');
  });

  it('names triggers that are missing, or that a session can switch off', async () => {
    await journals.owner.query(
      'ALTER TABLE event ENABLE TRIGGER event_kept; ALTER TABLE audit DISABLE TRIGGER audit_kept',
    );
    closeAfterTest(() =>
      journals.owner.query(
        'ALTER TABLE event ENABLE ALWAYS TRIGGER event_kept; ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_kept',
      ),
    );
    const finding = await found('triggers');
    expect(finding).to.include({ state: 'problem' });
    expect(finding?.message).to.match(/: event_kept of event, audit_kept of audit$/);
  });

  it('says where there is no journal, and makes none', async () => {
    const url = urlWith('schema', 'not_there');
    for (let times = 0; times < 2; times += 1)
      expect(await found('schema', url)).to.deep.equal({
        name: 'schema',
        state: 'problem',
        message: 'there is no journal in the schema "not_there"',
        advice: 'redrain storage init',
      });
  });

  it('names the role that may not write, and the server that does not answer', async () => {
    await journals.owner.query(`REVOKE INSERT ON event FROM "${roles.application}"`);
    closeAfterTest(() => journals.owner.query(`GRANT INSERT ON event TO "${roles.application}"`));
    const url = urlWith('options', `-c role=${roles.application}`);
    expect(await found('privileges', url)).to.include({ state: 'problem' });
    const error = await failureOf(checkStorage('postgres://127.0.0.1:1/nowhere'));
    expect(error).to.include({ code: 'STORAGE_UNAVAILABLE' });
  });

  it('names settings that lose what was answered', () => {
    const well = { fsync: 'on', pages: 'on', commit: 'on', interval: '500ms' };
    expect(settingsFinding(well).state).to.equal('ok');
    const { state, message } = settingsFinding({ ...well, fsync: 'off', pages: 'off' });
    expect(state).to.equal('problem');
    expect(message).to.match(/^fsync is off and full_page_writes is off/);
    expect(settingsFinding({ ...well, commit: 'local' }).message).to.match(
      /^synchronous_commit is local/,
    );
    expect(settingsFinding({ ...well, interval: '0' }).state).to.equal('warning');
  });

  it('finds out a pooler that lends one connection to two clients', async () => {
    const client = new pg.Client(placeOf(journals.url).connectionString);
    closeAfterTest(() => client.end());
    await client.connect();
    expect((await poolerBetween(client, client)).state).to.equal('problem');
    expect((await poolerBetween(client, journals.owner)).state).to.equal('ok');
  });
});
