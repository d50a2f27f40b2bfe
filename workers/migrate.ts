// The migrate worker as a program of its own: the same as `redrain worker migrate`.
import { runCommandLine } from '../src/cli/run.js';

await runCommandLine(['worker', 'migrate', ...process.argv.slice(2)]);
