#!/usr/bin/env node
import { finishOutput, stdout } from '../output/standard.js';
import { VERSION } from '../version.js';

const [first = '', ...rest] = process.argv.slice(2);

// Scripts ask for the version all the time, and shells for words at each key: not worth the whole command line.
if (rest.length === 0 && ['--version', '-V'].includes(first)) {
  stdout().write(`${VERSION}\n`);
  await finishOutput();
} else if (first === '__complete') {
  const { answer } = await import('./completion/answer.js');
  stdout().write(await answer(rest, process.env));
  await finishOutput();
} else await import('./run.js');
