import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { domainOf, sourceFiles, sourceImports } from './source-imports.js';

const FOLDERS = ['src', 'migrations', 'workers'];

/** Files that may load a database driver, beside `src/storage`. */
const DATABASE_USERS = [
  // These two know a connection that they are given.
  'src/files/log-index.ts',
  'src/files/opened-database.ts',
  'src/legacy/queue-database.ts',
  'src/legacy/rescue.ts',
  'src/queue/jobs-database.ts',
  'src/receivers/stub/sink-connection.ts',
];

/** Files that may load TypeORM, beside entities and schema migrations. */
const TYPEORM_USERS = ['src/ledger/delivery-columns.ts', 'src/storage/data-source.ts'];

/** Domains with a store of their own. Everybody else asks one of them. */
const WITH_STORES = [
  'conflicts',
  'journal',
  'ledger',
  'targets',
  'policy',
  'status',
  'retention',
  'legacy',
  'queue',
];

/** Where the environment of the process comes in; from there on it is passed along. */
const ENVIRONMENT_READERS = ['src/cli/color.ts', 'src/app/app.ts', 'src/cli/run.ts'];

describe('one place knows each engine:', () => {
  const imports = sourceImports(...FOLDERS);
  const usersOf = (name: string): string[] =>
    [...new Set(imports.filter(({ target }) => target === name).map(({ file }) => file))].sort();

  it('the database driver is loaded by storage and by stores that own a file', () => {
    const outside = usersOf('better-sqlite3').filter((file) => domainOf(file) !== 'storage');
    expect(outside).to.deep.equal(DATABASE_USERS);
  });

  it('TypeORM describes the schema and runs its migrations', () => {
    const others = usersOf('typeorm').filter(
      (file) => !file.endsWith('.entity.ts') && !file.startsWith('migrations/'),
    );
    expect(others).to.deep.equal(TYPEORM_USERS);
  });

  it('TypeORM is loaded at once by nobody on the way to a capture', () => {
    const eager = imports.filter(
      ({ target, typeOnly }) => !typeOnly && target === 'src/storage/data-source.ts',
    );
    const source = readFileSync('src/storage/schema.ts', 'utf8');
    expect(eager.map(({ file }) => file)).to.deep.equal([
      // An entry point of its own, which no other file imports.
      'src/entities.ts',
      'src/storage/schema.ts',
    ]);
    expect(imports.filter(({ target }) => target === 'src/entities.ts')).to.deep.equal([]);
    expect(source).to.contain("await import('./data-source.js')");
  });

  it('HTTP is the business of one file, the job queue that of one folder', () => {
    expect(usersOf('axios')).to.deep.equal(['src/receivers/http-client.ts']);
    for (const file of usersOf('liteque')) expect(domainOf(file)).to.equal('queue');
  });

  it('statements are read by stores, and by nobody who only puts them together', () => {
    const readers = imports.filter(
      ({ file, target }) =>
        target.endsWith('.sql.ts') &&
        !WITH_STORES.includes(domainOf(file)) &&
        !/^src\/receivers\/stub\/sink(-connection)?\.ts$/.test(file),
    );
    expect(readers.map(({ file, target }) => `${file} → ${target}`)).to.deep.equal([]);
  });

  it('commands and workers touch neither statements, nor stores, nor drivers', () => {
    const wrong = imports.filter(
      ({ file, target }) =>
        /^(src\/cli|src\/workers|workers)\//.test(file) &&
        /\.sql\.ts$|\/sqlite-[^/]*\.ts$|^src\/storage\/|^(better-sqlite3|typeorm|liteque|axios)$/.test(
          target,
        ) &&
        target !== 'src/storage/errors.ts',
    );
    expect(wrong.map(({ file, target }) => `${file} → ${target}`)).to.deep.equal([]);
  });

  it('dispatch and policy stand on no engine', () => {
    const engines = ['typeorm', 'axios', 'liteque', 'better-sqlite3'];
    const wrong = imports.filter(
      ({ file, target }) =>
        ['dispatch', 'policy'].includes(domainOf(file)) &&
        !file.endsWith('.entity.ts') &&
        engines.includes(target),
    );
    expect(wrong).to.deep.equal([]);
  });

  it('the environment comes in at one door, the console is for commands', () => {
    const code = (file: string) =>
      readFileSync(file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
    const files = sourceFiles('src');
    const environment = files.filter((file) => /\bprocess\.env\b/.test(code(file)));
    expect(environment.filter((file) => !ENVIRONMENT_READERS.includes(file))).to.deep.equal([]);
    const consoles = files.filter((file) => /\bconsole\.\w/.test(code(file)));
    expect(consoles.filter((file) => domainOf(file) !== 'cli')).to.deep.equal([]);
  });
});
