// The dispatch worker as a program of its own: the same as `redrain worker dispatch`.
import { runCommandLine } from '../src/cli/run.js';

await runCommandLine(['worker', 'dispatch', ...process.argv.slice(2)]);
