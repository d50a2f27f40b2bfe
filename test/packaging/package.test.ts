import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { expect } from 'chai';
import { VERSION } from '../../src/version.js';
import { temporaryHome } from '../support/temporary-home.js';
import { ConsumerProject } from './consumer-project.js';

const BELONGS = [
  /^(README|CHANGELOG)\.md$/,
  /^packaging\/([\w-]+\/)?[\w@-]+(\.\w+)*$/,
  /^LICENSE$/,
  /^package\.json$/,
  /^docs\/([\w-]+\.md|openapi\.yaml|schema\/[\w-]+\.json)$/,
  /^examples\/([\w-]+\/){0,3}[\w-]+(\.(md|mjs|sh|py|go))?$/,
  /^lib\/(index|entities|queue|receive)\.(js|d\.ts)$/,
  /^lib\/(cli\.cjs|ormconfig\.js|licenses\.txt|commands\.json|man\/redrain\.1)$/,
  /^lib\/(chunks|children)\/[\w-]+\.cjs$/,
  /^lib\/assets\/(style\.css|live\.js|icon\.svg)$/,
];

/** For those who have a clone: the package leads there by its `repository`. */
const OF_THE_REPOSITORY = [
  'CONTRIBUTING.md',
  'docs/architecture.md',
  'docs/design.md',
  'examples/receivers',
  'packaging/Dockerfile',
  'docs/pictures/',
];

const STRICT = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  target: 'es2023',
  module: 'nodenext',
  types: ['node'],
  allowJs: true,
  checkJs: true,
  outDir: 'compiled',
  // Our own declarations have to hold, and those they mention.
  skipLibCheck: false,
};

const EXAMPLES = [
  'examples/embed-in-a-cli/notes.mjs',
  'examples/service/service.mjs',
  'examples/jsonl-file/jsonl-file.mjs',
];
const EVENT = '{"event_id":"packed","event_type":"Packed"}';
/** Any target will do: the program answers in its place. */
const TO_ITS_RECEIVER = '[sync]\nmode = "EXTERNAL_RECEIVER"\n[sync.external]\nendpoint = "stub:"\n';
const MIB = 1024 * 1024;

describe('the package', () => {
  let project: ConsumerProject;

  before(() => {
    project = new ConsumerProject();
  });
  after(() => project.remove());

  describe('as a tarball', () => {
    it('declares the public API in one file for each entry point', () => {
      const declared = project.listing().filter((path) => path.endsWith('.d.ts'));
      expect(declared.map((path) => basename(path)).sort()).to.deep.equal([
        'entities.d.ts',
        'index.d.ts',
        'queue.d.ts',
        'receive.d.ts',
      ]);
      const api = readFileSync(join(project.package, 'lib', 'index.d.ts'), 'utf8');
      expect(api).to.include('export declare function openRedrain');
      expect(api).not.to.match(/better-sqlite3|typeorm|class (App|JournalDatabase|Sqlite\w+)\b/);
    });

    it('is smaller than a mebibyte', () => {
      expect(statSync(project.tarball).size).to.be.within(10_000, MIB);
    });

    it('holds program, types, documents and licence, and nothing else', () => {
      const paths = project.listing().map((path) => path.replace(/^package\//, ''));
      expect(paths).to.include.members([
        'README.md',
        'LICENSE',
        'lib/index.js',
        'lib/index.d.ts',
        'lib/cli.cjs',
        'docs/configuration.md',
        'docs/openapi.yaml',
        'docs/schema/batch-request.json',
      ]);
      const strange = paths.filter((path) => !BELONGS.some((pattern) => pattern.test(path)));
      expect(strange).to.deep.equal([]);
      expect(
        paths.filter((path) => /(^|\/)(tests?|bench)\/|\.test\.[jt]s/.test(path)),
      ).to.deep.equal([]);
    });

    it('has what its documents link to', () => {
      const documents = project.listing().filter((path) => path.endsWith('.md'));
      expect(documents.length).to.be.greaterThan(5);
      const dead = documents.flatMap((path) => deadLinks(path.replace(/^package\//, '')));
      expect(dead).to.deep.equal([]);
    });

    it('has an API reference of the declarations in it', () => {
      const { status, stdout } = spawnSync(
        process.execPath,
        ['scripts/api.mjs', join(project.package, 'lib')],
        { encoding: 'utf8', maxBuffer: MIB },
      );
      expect(status).to.equal(0);
      const isSame = stdout === readFileSync('docs/api.md', 'utf8');
      expect(isSame, 'docs/api.md is up to date; else `npm run api` writes it').to.equal(true);
      expect(stdout)
        .to.match(/^##### Redrain\.captureMany$/m)
        .and.match(/^#### postgresStore$/m);
    });

    it('has fewer than 100 files, and every class has its name', () => {
      const paths = project.listing();
      expect(paths).to.have.length.below(100);
      const code = paths
        .filter((path) => /\.c?js$/.test(path))
        .map((path) => readFileSync(join(project.package, path.replace(/^package\//, '')), 'utf8'));
      expect(code.flatMap((text) => text.match(/\bclass \w+\$\d/g) ?? [])).to.deep.equal([]);
      expect(code.length).to.be.below(60);
    });

    it('has a command line that can be started as it is', () => {
      const { bin } = project.manifest<{ bin: { redrain: string } }>();
      const text = readFileSync(join(project.package, bin.redrain), 'utf8');
      expect(text).to.match(/^#!\/usr\/bin\/env node\n/);
    });
  });

  describe('where it is installed', () => {
    it('captures, sends and shows', () => {
      const home = temporaryHome();
      const redrain = (...args: string[]) => project.redrain(args, { home, stdin: EVENT });
      expect(redrain('--version')).to.include({ status: 0, stdout: `${VERSION}\n` });
      expect(redrain('capture')).to.include({ status: 0, stdout: 'captured 1 event\n' });
      const mode = redrain('mode', 'EXTERNAL_RECEIVER', '--endpoint', 'stub:');
      expect(mode.status, mode.stderr).to.equal(0);
      expect(redrain('now')).to.include({ status: 0, stdout: 'stub (stub:): 1 delivered\n' });
      expect(redrain('inspect', 'packed', '--raw').stdout.trim()).to.equal(EVENT);
    });

    it('has the demo, by npx in an empty folder without any variable', () => {
      const run = project.npx(['demo']);
      expect(run.status, run.stderr).to.equal(0);
      expect(run.stdout).to.include('B has 300 of 300 events.').and.include('`redrain init`');
      expect(readdirSync(join(project.directory, 'empty'))).to.deep.equal([]);
    });

    it('says what to install where the journal or the jobs are on a server, and captures all the same', () => {
      const named = (url: string, key: string, args: string[]) => {
        const home = temporaryHome();
        writeFileSync(join(home, 'config.toml'), `[redrain.${key}]\nurl = "${url}"\n`);
        return project.redrain(args, { home, stdin: EVENT });
      };
      const storage = 'postgres://127.0.0.1/events';
      expect(named(storage, 'storage', ['events'])).to.include({ status: 3, stdout: '' });
      expect(named(storage, 'storage', ['events']).stderr).to.include('npm install pg');
      expect(named(storage, 'storage', ['capture']).stdout).to.include('1 event in the spool');
      const jobs = named('redis://127.0.0.1', 'queue', ['enqueue', 'gc']);
      expect(jobs.status).to.equal(64);
      expect(jobs.stderr).to.match(/npm install bullmq ioredis/);
    });

    it('has workers', () => {
      const run = project.redrain(['worker', 'dispatch', '--once'], { home: temporaryHome() });
      expect(run.status, run.stderr).to.equal(0);
      expect(run.stdout).to.include('"msg":"stopped"');
    });

    it('gives TypeORM’s command line its journal', () => {
      const home = temporaryHome();
      project.redrain(['capture'], { home, stdin: EVENT });
      const typeorm = join(project.modules, 'typeorm', 'cli.js');
      const config = join(project.package, 'lib', 'ormconfig.js');
      const run = project.node([typeorm, 'migration:show', '-d', config], { home });
      expect(run.status, run.stderr).to.equal(0);
      expect(run.stdout).to.match(/\[X\] .*JournalAndLedger/);
    });

    it('lets nobody import what is not published', () => {
      project.write('inside.js', "await import('redrain/lib/cli.cjs');\n");
      const run = project.node(['inside.js'], { home: temporaryHome() });
      expect(run.stderr).to.include('ERR_PACKAGE_PATH_NOT_EXPORTED');
    });

    it('has types that hold for a strict program and for the examples', () => {
      const home = temporaryHome();
      writeFileSync(join(home, 'config.toml'), TO_ITS_RECEIVER);
      const sources = ['test/packaging/consumer.ts', ...EXAMPLES].map((path) => {
        project.write(basename(path), readFileSync(path, 'utf8'));
        return basename(path);
      });
      const settings = { compilerOptions: STRICT, files: sources };
      project.write('tsconfig.json', JSON.stringify(settings));
      const compiler = resolve('node_modules/typescript/bin/tsc');
      expect(project.node([compiler, '-p', '.'], { home }).stdout).to.equal('');
      const run = project.node(['compiled/consumer.js'], { home });
      expect(run.status, run.stderr).to.equal(0);
      expect(JSON.parse(run.stdout)).to.deep.equal({
        version: VERSION,
        captured: 2,
        delivered: 2,
        ok: true,
        posts: [['one', 'two']],
        kept: ['received'],
        types: ['Consumed', 'Consumed'],
        waiting: 1,
      });
    });
  });

  /** Links of one document to files that are not in the package. */
  function deadLinks(path: string): string[] {
    const text = readFileSync(join(project.package, path), 'utf8');
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link]) => link ?? '');
    return links
      .filter((link) => !existsSync(join(project.package, path, '..', link)))
      .filter((link) => !OF_THE_REPOSITORY.some((kept) => join(path, '..', link).startsWith(kept)))
      .map((link) => `${path}: ${link}`);
  }
});
