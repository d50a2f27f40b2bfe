// The gc worker as a program of its own: the same as `redrain worker gc`.
import { runCommandLine } from '../src/cli/run.js';

await runCommandLine(['worker', 'gc', ...process.argv.slice(2)]);
