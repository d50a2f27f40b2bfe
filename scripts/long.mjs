// The whole suite with its large numbers: many kills, long fuzzing. Takes long.
import { spawnSync } from 'node:child_process';

const { status } = spawnSync(
  process.execPath,
  [
    'node_modules/mocha/bin/mocha.js',
    'dist/test/**/*.test.js',
    '--timeout',
    '1800000',
    '--reporter',
    'spec',
  ],
  { stdio: 'inherit', env: { ...process.env, REDRAIN_TEST_LONG: '1' } },
);
process.exit(status ?? 1);
