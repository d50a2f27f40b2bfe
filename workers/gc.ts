import { gcWorker } from '../src/workers/gc-worker.js';
import { runWorker } from '../src/workers/run-worker.js';

process.exitCode = await runWorker(gcWorker, process.argv.slice(2));
