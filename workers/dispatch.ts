import { dispatchWorker } from '../src/workers/dispatch-worker.js';
import { runWorker } from '../src/workers/run-worker.js';

process.exitCode = await runWorker(dispatchWorker, process.argv.slice(2));
