import { EXIT } from '../base/exit-codes.js';
import { finishOutput, stderr, stdout } from '../output/standard.js';
import { VERSION } from '../version.js';

/** As Node says it of a module that waits for what never comes. */
const UNSETTLED = 13;

let isDone = false;
process.once('exit', (code) => {
  if (!isDone && code === 0) process.exitCode = UNSETTLED;
});
void start(process.argv.slice(2)).then(() => {
  isDone = true;
});

async function start([first = '', ...rest]: readonly string[]): Promise<void> {
  // Scripts ask for the version all the time, and shells for words at each key: not worth the whole command line.
  if (rest.length === 0 && ['--version', '-V'].includes(first)) {
    stdout().write(`${VERSION}\n`);
    await finishOutput();
  } else if (first === '__complete') {
    const { answer } = await import('./completion/answer.js');
    stdout().write(await answer(rest, process.env));
    await finishOutput();
  } else {
    const run = await import('./run.js').catch(tellIncomplete);
    await run?.runCommandLine(process.argv.slice(2));
  }
}

/** Nothing that tells of errors is loaded yet. */
async function tellIncomplete({ message }: Error): Promise<undefined> {
  stderr().write(`error: redrain cannot start: ${message}\n`);
  process.exitCode = EXIT.internal;
  await finishOutput();
}
