#!/usr/bin/env node
import { VERSION } from '../version.js';

// Scripts ask for the version all the time: not worth the whole command line.
if (process.argv.length === 3 && ['--version', '-V'].includes(process.argv[2] ?? ''))
  process.stdout.write(`${VERSION}\n`);
else await import('./run.js');
