import { Command } from 'commander';
import {
  declareWorkerOptions,
  type WorkerOptions,
  workerOptions,
} from '../../src/workers/worker-options.js';

/** What a worker is told by these words after `redrain worker NAME`. */
export function readWorkerOptions(name: string, argv: readonly string[]): WorkerOptions {
  const command = declareWorkerOptions(new Command(name), name)
    .configureOutput({ writeErr: () => undefined })
    .exitOverride();
  return workerOptions(command.parse([...argv], { from: 'user' }).opts());
}
