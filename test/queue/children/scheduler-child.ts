/**
 * One process with a worker on a queue. Its clock stands still until the parent
 * names the next time, one number a line; each line is answered with the ids
 * of the jobs that ran here for it.
 */
import { createInterface } from 'node:readline';
import { LitequeQueues } from '../../../src/queue/liteque-queue.js';

const [file = '', start = '0'] = process.argv.slice(2);
let now = Number(start);
const ran: string[] = [];
const queues = await LitequeQueues.open(file, { clock: { now: () => now } });
const worker = queues.queue('work').process(async ({ id }) => ran.push(id));
await worker.whenIdle();
process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  now = Number(line);
  await worker.whenIdle();
  process.stdout.write(`${JSON.stringify(ran.splice(0))}\n`);
}
await worker.close();
await queues.close();
