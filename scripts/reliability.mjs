// Kills every command at every named step, and writes what was seen into docs/reliability.md.
import { spawnSync } from 'node:child_process';

const { status } = spawnSync(
  process.execPath,
  ['node_modules/mocha/bin/mocha.js', 'dist/test/faults/kills.test.js', '--reporter', 'spec'],
  { stdio: 'inherit', env: { ...process.env, REDRAIN_WRITE_RELIABILITY: '1' } },
);
process.exit(status ?? 1);
