// The suite on other versions of Node, each fetched as an npm package:
//
//   npm run test:nodes -- 22 24 26
//   npm run test:nodes -- 24 --tests 'dist/test/json/**/*.test.js'
//
// A copy of the tree is set up with that Node, its native parts compiled against
// that Node's own headers, and tested. Each version ends in one row for the table
// of docs/compatibility.md. A copy that failed stays. With --in DIR all of them
// do, below that directory, and the next run there has less to install.
// --with PACKAGE@VERSION puts another version of a dependency in its place.
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { basename, delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const ALL_TESTS = 'dist/test/**/*.test.js';
const { values, positionals: versions } = parseArgs({
  allowPositionals: true,
  options: {
    tests: { type: 'string', default: ALL_TESTS },
    in: { type: 'string' },
    with: { type: 'string' },
  },
});
if (versions.length === 0) {
  console.error(
    "usage: npm run test:nodes -- VERSION… [--tests 'GLOB'] [--in DIR] [--with PACKAGE@VERSION]",
  );
  process.exit(64);
}

const results = versions.map(resultOn);
console.log(`\n${new Date().toISOString().slice(0, 10)}, ${machine()}`);
console.log('\n| Node | ABI | passed | failed | skipped | result |\n|---|---|---|---|---|---|');
for (const { cells } of results) console.log(`| ${cells.join(' | ')} |`);
process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;

/** Everything for one version, and what came of it. */
function resultOn(version) {
  const place = placeFor(version);
  const result = tryOn(version, place);
  if (result.ok && values.in === undefined) rmSync(place, { recursive: true, force: true });
  else console.error(`kept: ${place}`);
  return result;
}

function placeFor(version) {
  if (values.in === undefined) return mkdtempSync(join(tmpdir(), `redrain-node-${version}-`));
  const place = resolve(values.in, [version, values.with].filter(Boolean).join('-'));
  mkdirSync(place, { recursive: true });
  return place;
}

function tryOn(version, place) {
  const say = (what) => console.error(`Node ${version}: ${what}`);
  say('fetching');
  const node = fetchNode(version, join(place, 'runtime'));
  if (node === undefined) return without([version, '–'], 'not in the registry');
  const about = [[node.version, values.with].filter(Boolean).join(', '), node.abi];
  if (!existsSync(join(node.directory, 'include/node/node.h')))
    return without(about, 'its package has no headers to compile against');
  say(`installing and compiling with ${about[0]}`);
  const options = { cwd: copyOfTheTree(place), env: surroundings(node) };
  const setUp = logged(join(place, 'setup.log'), node.path, ['scripts/setup.mjs'], options);
  if (setUp !== '') return without(about, `set-up ended with ${setUp}`);
  const replaced = values.with ? replacedBy(values.with, place, options) : '';
  if (replaced !== '') return without(about, `${values.with} ended with ${replaced}`);
  say('testing');
  return tested(about, place, node.path, options);
}

/** The newest one the registry has of this version; undefined when it has none. */
function fetchNode(version, place) {
  const system = process.platform === 'win32' ? 'win' : process.platform;
  const name = `node-${system}-${process.arch}`;
  const directory = join(place, 'node_modules', name);
  const path = join(directory, 'bin', system === 'win' ? 'node.exe' : 'node');
  if (!existsSync(path)) {
    mkdirSync(place, { recursive: true });
    const args = ['install', '--no-save', '--no-audit', '--no-fund', '--prefix', place];
    const log = join(place, 'fetch.log');
    if (logged(log, 'npm', [...args, `${name}@${version}`], { cwd: place }) !== '') return;
  }
  const { stdout } = spawnSync(path, ['-p', 'process.version + " " + process.versions.modules'], {
    encoding: 'utf8',
  });
  const [full, abi] = stdout.trim().split(' ');
  return { directory, path, version: full, abi };
}

/** Only what was installed stays of an earlier copy. */
function copyOfTheTree(place) {
  const tree = join(place, 'tree');
  const earlier = existsSync(tree) ? readdirSync(tree) : [];
  for (const name of earlier.filter((one) => one !== 'node_modules'))
    rmSync(join(tree, name), { recursive: true });
  const left = new Set(['node_modules', 'dist', '.git'].map((name) => join(root, name)));
  cpSync(root, tree, { recursive: true, filter: (path) => !left.has(path) });
  return tree;
}

/** That Node for everything, and the settings of npm that were found beside this one. */
function surroundings({ path, directory }) {
  const asked = spawnSync('npm', ['config', 'get', 'globalconfig'], { encoding: 'utf8' });
  return {
    ...process.env,
    PATH: dirname(path) + delimiter + process.env.PATH,
    npm_config_nodedir: directory,
    npm_config_globalconfig: asked.stdout.trim(),
  };
}

/** What an operator does with `overrides`: the dependencies of dependencies are not asked. */
function replacedBy(wanted, place, options) {
  const args = ['install', '--no-save', '--legacy-peer-deps', '--no-audit', '--no-fund', wanted];
  return logged(join(place, 'with.log'), 'npm', args, options);
}

function tested(about, place, node, options) {
  const log = join(place, 'tests.log');
  const ending = logged(log, node, ['node_modules/mocha/bin/mocha.js', values.tests], options);
  const text = readFileSync(log, 'utf8');
  const [passed, failed, skipped] = ['passing', 'failing', 'pending'].map((word) =>
    Number(new RegExp(`^ +(\\d+) ${word}\\b`, 'm').exec(text)?.[1] ?? 0),
  );
  if (failed > 0) console.error(text.slice(text.lastIndexOf(' passing')));
  const ok = ending === '' && passed > 0;
  const result = ok ? 'passed' : `ended with ${ending}`;
  return { ok, cells: [...about, passed, failed, skipped, result] };
}

const without = (about, reason) => ({ ok: false, cells: [...about, '–', '–', '–', reason] });

/** Runs a command with all it says in a file. Returns how it failed; an empty text when it did not. */
function logged(file, command, args, options) {
  console.error(`  ${basename(file)}: ${basename(command)} ${args.join(' ')}`);
  const output = openSync(file, 'w');
  const run = spawnSync(command, args, { ...options, stdio: ['ignore', output, output] });
  closeSync(output);
  return run.status === 0 ? '' : (run.error?.message ?? run.signal ?? `exit code ${run.status}`);
}

function machine() {
  const model = cpus()[0]?.model ?? 'unknown processor';
  return `${process.platform} ${process.arch}, ${availableParallelism()} × ${model}`;
}
