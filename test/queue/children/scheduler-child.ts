/**
 * One process with a worker on a queue. Its clock is a file that the parent writes, as
 * processes of one machine have one clock; each line on stdin is answered with the ids of the jobs
 * that ran here since the one before.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { LitequeQueues } from '../../../src/queue/liteque-queue.js';

const [file = '', clock = ''] = process.argv.slice(2);
const now = (): number => Number(readFileSync(clock, 'utf8'));
const ran: string[] = [];
const queues = await LitequeQueues.open(file, { clock: { now } });
const worker = queues.queue('work').process(async ({ id }) => ran.push(id));
await worker.whenIdle();
process.stdout.write('ready\n');
for await (const _line of createInterface({ input: process.stdin })) {
  await worker.whenIdle();
  process.stdout.write(`${JSON.stringify(ran.splice(0))}\n`);
}
await worker.close();
await queues.close();
