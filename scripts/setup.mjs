// Makes a fresh clone ready: installs what the lock file names, once for each
// lock file and Node version, compiles and bundles. Plain JavaScript, as nothing is
// installed yet when it runs.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stamp = join(root, 'node_modules', '.redrain-setup');

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`redrain needs Node 20.19 or newer; this is ${process.versions.node}`);
  process.exit(1);
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    // Standard output belongs to the command that asked for the set-up.
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (error) console.error(`${command}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

/**
 * On Node 22 and newer with better-sqlite3 13, whose compiled parts come in its package:
 * no compiler is needed. It does not run on Node 20, and TypeORM names version 12 as
 * its peer, so that the lock file has both; 13 under a name of its own.
 */
function install() {
  const ci = ['ci', '--include=dev', '--no-audit', '--no-fund'];
  if (major < 22) {
    console.error('Installing (compiling better-sqlite3 can take a minute or two)…');
    return run('npm', ci);
  }
  console.error('Installing…');
  run('npm', [...ci, '--ignore-scripts']);
  const driver = join(root, 'node_modules', 'better-sqlite3');
  rmSync(driver, { recursive: true });
  symlinkSync(`${driver}-13`, driver, 'junction');
}

const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .update(process.versions.modules)
  .digest('hex');
const installed = existsSync(stamp) ? readFileSync(stamp, 'utf8') : '';

if (installed !== wanted) {
  install();
  writeFileSync(stamp, wanted);
}
// What was compiled from a test that has since been renamed would still be run.
rmSync(join(root, 'dist', 'test'), { recursive: true, force: true });
run(process.execPath, [join('node_modules', 'typescript', 'bin', 'tsc'), '-p', '.']);
run(process.execPath, [join('scripts', 'bundle.mjs')]);
