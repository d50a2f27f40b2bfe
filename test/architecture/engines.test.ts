import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect } from 'chai';
import { domainOf, type SourceImport, sourceFiles, sourceImports } from './source-imports.js';

const FOLDERS = ['src', 'migrations'];

/** Files that may load the database driver, beside the engine: they own a file of their own, or lock one. */
const DRIVER_USERS = [
  'src/files/compact-child.ts',
  'src/files/log-index.ts',
  'src/files/opened-database.ts',
  'src/files/os-lock.ts',
  'src/queue/jobs-database.ts',
  'src/receive/sqlite-store.ts',
  'src/receivers/stub/sink-connection.ts',
  'src/spec-kitty/legacy/queue-database.ts',
  'src/spec-kitty/legacy/rescue.ts',
];

/** Folders whose files may hold SQL, and those who may read it are in the same one. */
const WITH_SQL =
  /^src\/(sqlite|postgres|queue|bullmq|receive|receivers\/stub|spec-kitty\/legacy)\//;

/** Who may know an engine: the one that opens the stores. */
const ENGINE_USERS = [
  'src/app/storage/sqlite.ts',
  'src/app/storage/postgres.ts',
  'src/entities.ts',
];

/** Files that may load TypeORM, beside entities and schema migrations. */
const TYPEORM_USERS = ['src/schema/delivery-columns.ts', 'src/sqlite/data-source.ts'];

/** Where the environment of the process comes in; from there on it is passed along. */
const ENVIRONMENT_READERS = [
  'src/cli/serve.ts',
  'src/cli/color.ts',
  'src/cli/screen.ts',
  'src/app/app.ts',
  'src/cli/run.ts',
  'src/cli/main.ts',
];

describe('one place knows each engine:', () => {
  const imports = sourceImports(...FOLDERS);
  const usersOf = (name: string): string[] =>
    [...new Set(imports.filter(({ target }) => target === name).map(({ file }) => file))].sort();

  it('the database driver is loaded by the engine, and by those that own a file', () => {
    const outside = usersOf('better-sqlite3').filter((file) => domainOf(file) !== 'sqlite');
    expect(outside).to.deep.equal(DRIVER_USERS);
  });

  it('the driver of PostgreSQL is loaded in one place, when a URL names it', () => {
    const found = imports.filter(({ target }) => target === 'pg');
    expect(found.filter(({ typeOnly }) => !typeOnly).map(({ file }) => file)).to.deep.equal([
      'src/postgres/driver.ts',
    ]);
    expect([...new Set(found.map(({ file }) => file))]).to.deep.equal(['src/postgres/driver.ts']);
    const source = readFileSync('src/postgres/driver.ts', 'utf8');
    expect(source)
      .to.contain("await import('pg')")
      .and.not.match(/^import (?!type).* 'pg'/m);
  });

  it('the engines do not know each other', () => {
    const engines = ['sqlite', 'postgres'];
    const wrong = imports.filter(
      ({ file, target }) =>
        engines.includes(domainOf(file)) &&
        engines.includes(domainOf(target)) &&
        domainOf(file) !== domainOf(target),
    );
    expect(wrong.map(shown)).to.deep.equal([]);
  });

  it('TypeORM describes the schema and runs its migrations', () => {
    const others = usersOf('typeorm').filter(
      (file) => !file.endsWith('.entity.ts') && !file.startsWith('migrations/'),
    );
    expect(others).to.deep.equal(TYPEORM_USERS);
  });

  it('TypeORM is loaded at once by nobody on the way to a capture', () => {
    const eager = imports.filter(
      ({ target, typeOnly }) => !typeOnly && target === 'src/sqlite/data-source.ts',
    );
    const source = readFileSync('src/sqlite/schema.ts', 'utf8');
    expect(eager.map(({ file }) => file)).to.deep.equal([
      // An entry point of its own, which no other file imports.
      'src/entities.ts',
      'src/sqlite/schema.ts',
    ]);
    expect(imports.filter(({ target }) => target === 'src/entities.ts')).to.deep.equal([]);
    expect(source).to.contain("await import('./data-source.js')");
  });

  it('requests leave from one folder, the job queue is the business of one', () => {
    const askers = usersOf('node:https').filter(
      (file) => !file.startsWith('src/receivers/transport/'),
    );
    expect(askers).to.deep.equal([]);
    for (const file of usersOf('undici')) expect(file).to.match(/^src\/receivers\/transport\//);
    for (const file of usersOf('liteque')) expect(domainOf(file)).to.equal('queue');
  });

  it('BullMQ and its drivers are the business of one folder, which is loaded when it is named', () => {
    for (const name of ['bullmq', 'ioredis'])
      for (const file of usersOf(name)) expect(file).to.match(/^src\/bullmq\//);
    const eager = imports.filter(
      ({ file, target, typeOnly }) =>
        !typeOnly && domainOf(target) === 'bullmq' && domainOf(file) !== 'bullmq',
    );
    for (const { file, target } of eager)
      expect(readFileSync(file, 'utf8')).to.contain(
        `await import('../../bullmq/${basename(target, '.ts')}.js')`,
      );
    const drivers = imports.filter(
      ({ file, target, typeOnly }) =>
        !typeOnly && domainOf(file) === 'bullmq' && ['bullmq', 'ioredis'].includes(target),
    );
    for (const { file, target } of drivers)
      expect(readFileSync(file, 'utf8')).to.contain(`() => import('${target}')`);
  });

  it('statements are read in the folder that holds them, and by nobody else', () => {
    const folderOf = (file: string): string | undefined => WITH_SQL.exec(file)?.[1];
    const wrong = imports.filter(
      ({ file, target }) =>
        target.endsWith('.sql.ts') &&
        (folderOf(target) === undefined || folderOf(file) !== folderOf(target)),
    );
    expect(wrong.map(shown)).to.deep.equal([]);
  });

  it('an engine is known to the one that opens the stores, and to nobody else', () => {
    const wrong = imports.filter(
      ({ file, target }) =>
        ['sqlite', 'postgres'].includes(domainOf(target)) &&
        domainOf(file) !== domainOf(target) &&
        !ENGINE_USERS.includes(file),
    );
    expect(wrong.map(shown)).to.deep.equal([]);
  });

  it('every store has a file of the name of its port, for the next engine to have too', () => {
    const ports = imports
      .filter(({ file }) => file === 'src/stores.ts')
      .map(({ target }) => basename(target));
    const files = sourceFiles('src/sqlite').map((file) => basename(file));
    expect(ports).to.have.length.greaterThan(10);
    expect(ports.filter((port) => !files.includes(port))).to.deep.equal([]);
  });

  it('commands and workers know no driver', () => {
    const drivers = ['better-sqlite3', 'pg', 'typeorm', 'liteque', 'node:https'];
    const wrong = imports.filter(
      ({ file, target }) => /^(src\/cli|src\/workers)\//.test(file) && drivers.includes(target),
    );
    expect(wrong.map(shown)).to.deep.equal([]);
  });

  it('dispatch and policy stand on no engine', () => {
    const engines = ['typeorm', 'node:http', 'node:https', 'liteque', 'better-sqlite3', 'pg'];
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

const shown = ({ file, target }: SourceImport): string => `${file} → ${target}`;
