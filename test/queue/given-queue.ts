import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Job } from '../../src/queue/job.js';
import { LitequeQueues } from '../../src/queue/liteque-queue.js';
import type { JobQueue, WorkerOptions } from '../../src/queue/ports.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';
import { QueueTestClock } from './suite/given-queues.js';

export interface GivenQueue {
  readonly file: string;
  readonly clock: QueueTestClock;
  /** Of a clock that nobody sets. */
  readonly uptime: { now: number };
  readonly queues: LitequeQueues;
  readonly queue: JobQueue;
  /** The file, as a person with a shell has it. */
  readonly raw: Database.Database;
  /** Runs what can run now and returns the ids in the order in which they were taken. */
  runAll(work?: (job: Job) => unknown, options?: WorkerOptions): Promise<string[]>;
}

/** One queue on a file, a clock and an uptime of its own. */
export async function givenQueue(): Promise<GivenQueue> {
  const file = join(temporaryHome(), 'redrain', 'jobs.db');
  const clock = new QueueTestClock();
  const uptime = { now: 0 };
  const options = { clock, random: () => 0, uptime: () => uptime.now };
  const queues = await LitequeQueues.open(file, options);
  closeAfterTest(() => queues.close());
  const raw = new Database(file);
  closeAfterTest(() => {
    raw.close();
  });
  const queue = queues.queue('work');
  const runAll: GivenQueue['runAll'] = async (work = () => null, more = {}) => {
    const ran: string[] = [];
    const worker = queue.process(async (one) => {
      ran.push(one.id);
      return work(one);
    }, more);
    await worker.whenIdle();
    await worker.close();
    return ran;
  };
  return { file, clock, uptime, queues, queue, raw, runAll };
}
