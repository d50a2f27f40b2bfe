import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Cli } from '../support/cli.js';
import { withoutPackage } from '../support/without-package.js';

const EVENT = '{"event_id":"a","event_type":"T"}';
const URL = 'postgres://127.0.0.1:9/journal';
const ADVICE = /the package "pg" is not installed: install it beside redrain \(npm install pg\)/;
const NO_JOURNAL = (home: string) => !existsSync(join(home, 'journal.db'));

describe('a home where the package pg is not installed', () => {
  const given = (storage: Record<string, string> = {}) =>
    new Cli({ ...withoutPackage('pg'), ...storage });

  it('with a storage URL of PostgreSQL: commands end with 3 and say what to install', async () => {
    const cli = given({ REDRAIN_STORAGE_URL: URL });
    for (const command of ['storage check', 'storage init', 'now']) {
      const { code, stdout, stderr } = await cli.run(command.split(' '));
      expect({ code, stdout }, command).to.deep.equal({ code: 3, stdout: '' });
      expect(stderr, command).to.match(ADVICE);
      expect(stderr.trim().split('\n'), command).to.have.length(1);
    }
    expect(NO_JOURNAL(cli.home)).to.equal(true);
  });

  it('… captures stay in the spool, and no other journal is begun', async () => {
    const cli = given({ REDRAIN_STORAGE_URL: URL });
    const { code, stdout } = await cli.run(['capture'], { stdin: EVENT });
    expect(code).to.equal(0);
    expect(stdout).to.match(/captured 0 events, 1 event in the spool/);
    expect((await cli.run(['status'])).stdout).to.match(ADVICE);
    expect(NO_JOURNAL(cli.home)).to.equal(true);
  });

  it('… the statements that make the tables are printed all the same', async () => {
    const { code, stdout } = await given({ REDRAIN_STORAGE_URL: URL }).run(
      'storage init --sql'.split(' '),
    );
    expect(code).to.equal(0);
    expect(stdout).to.match(/CREATE TABLE/);
  });

  it('without one: nothing needs it, and an import ends with 3 and leaves the journal in use', async () => {
    const cli = given();
    expect((await cli.run(['capture'], { stdin: EVENT })).stdout).to.match(/captured 1 event/);
    expect(await cli.run(['storage', 'check'])).to.include({ code: 0, stderr: '' });
    const { code, stderr } = await cli.run(['storage', 'import', URL]);
    expect(code).to.equal(3);
    expect(stderr).to.match(ADVICE);
    expect((await cli.run(['capture'], { stdin: EVENT })).stdout).to.match(/1 duplicate/);
  });
});
