// What others install, asked by the tools that people check packages with: publint
// for the manifest and what it points to, attw for how types resolve. The package
// is for import, and for require of a module: that is attw's profile "esm-only".
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const place = mkdtempSync(join(tmpdir(), 'redrain-package-'));
const tool = (path) => join(root, 'node_modules', path);

/** Milliseconds that each step may take. */
const PATIENCE_MS = 120_000;

function run(what, command, args) {
  const options = { cwd: root, encoding: 'utf8', timeout: PATIENCE_MS };
  const { status, error, stdout, stderr } = spawnSync(command, args, options);
  if (status === 0) return;
  console.error(`${what}: ${error?.message ?? `exit code ${status}`}\n${stdout}${stderr}`);
  rmSync(place, { recursive: true, force: true });
  process.exit(1);
}

run('types', process.execPath, [join('scripts', 'types.mjs')]);
run('npm pack', 'npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', place]);
const tarball = join(place, readdirSync(place)[0]);
run('publint', process.execPath, [tool('publint/src/cli.js'), 'run', tarball, '--strict']);
run('attw', process.execPath, [
  tool('@arethetypeswrong/cli/dist/index.js'),
  ...['--profile', 'esm-only', '--no-emoji', tarball],
]);
rmSync(place, { recursive: true, force: true });
console.log('publint and attw: no problem in the package');
