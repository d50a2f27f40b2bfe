import { captureWorker } from '../src/workers/capture-worker.js';
import { runWorker } from '../src/workers/run-worker.js';

process.exitCode = await runWorker(captureWorker, process.argv.slice(2));
