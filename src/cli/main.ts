#!/usr/bin/env node
import { finishOutput, stdout } from '../output/standard.js';
import { VERSION } from '../version.js';

// Scripts ask for the version all the time: not worth the whole command line.
if (process.argv.length === 3 && ['--version', '-V'].includes(process.argv[2] ?? '')) {
  stdout().write(`${VERSION}\n`);
  await finishOutput();
} else await import('./run.js');
