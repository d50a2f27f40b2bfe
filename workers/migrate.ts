import { migrateWorker } from '../src/workers/migrate-worker.js';
import { runWorker } from '../src/workers/run-worker.js';

process.exitCode = await runWorker(migrateWorker, process.argv.slice(2));
