// The capture worker as a program of its own: the same as `redrain worker capture`.
import { runCommandLine } from '../src/cli/run.js';

await runCommandLine(['worker', 'capture', ...process.argv.slice(2)]);
