// Bundles what was compiled into dist/ for release: lib/ holds the command
// line, the library, its other entry points and the workers as few files, which
// load faster than hundreds of modules. Packages stay outside.
import { chmodSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = (path) => join(root, 'dist', path);
const lib = join(root, 'lib');

rmSync(lib, { recursive: true, force: true });
await build({
  entryPoints: {
    cli: dist('src/cli/main.js'),
    index: dist('src/index.js'),
    entities: dist('src/entities.js'),
    queue: dist('src/queue/index.js'),
    receive: dist('src/receive/index.js'),
    ormconfig: dist('ormconfig.js'),
    'workers/capture': dist('workers/capture.js'),
    'workers/dispatch': dist('workers/dispatch.js'),
    'workers/migrate': dist('workers/migrate.js'),
    'workers/gc': dist('workers/gc.js'),
    // Run by the others, each in a process or thread of its own (src/files/child-script.ts).
    'children/compact-child': dist('src/files/compact-child.js'),
    'children/verify-thread': dist('src/sqlite/verification/verify-thread.js'),
  },
  outdir: lib,
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  // TypeORM and error messages go by the names of classes.
  keepNames: true,
  legalComments: 'none',
  logLevel: 'warning',
});
chmodSync(join(lib, 'cli.js'), 0o755);
