/**
 * One process with an idle worker: for every job it takes, one line with the
 * moment it began, in nanoseconds of the clock all processes share.
 */
import { LitequeQueues } from '../../src/queue/liteque-queue.js';

const [file = ''] = process.argv.slice(2);
const queues = await LitequeQueues.open(file);
const worker = queues.queue('work').process(async () => {
  process.stdout.write(`${process.hrtime.bigint()}\n`);
});
await worker.whenIdle();
process.stdout.write('ready\n');
