import { expect } from 'chai';
import type { Job } from '../../../src/queue/job.js';
import type { JobQueue, JobWorker, Queues } from '../../../src/queue/ports.js';
import { closeAfterTest } from '../../support/temporary-home.js';
import { until } from '../waiting.js';

/** A clock that a test moves; every connection of a store reads the same one. */
export class QueueTestClock {
  /** Called when the clock was moved: a server with a clock of its own follows. */
  moved: (() => void) | undefined;
  #at = Date.UTC(2026, 0, 5, 12);

  get at(): number {
    return this.#at;
  }

  set at(ms: number) {
    this.#at = ms;
    this.moved?.();
  }

  now(): number {
    return this.#at;
  }
}

/** What an adapter brings to be held to the promises of `JobQueue`. */
export interface QueueAdapter {
  /** A store of its own for one test; `connect` is called once for each "process". */
  open(clock: QueueTestClock): { connect(): Promise<Queues> };
}

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

/** One queue as two processes have it; both are new for each test. */
export class GivenQueues {
  clock = new QueueTestClock();
  /** The stores that hold `queue` and `other`. */
  queues!: Queues;
  others!: Queues;
  queue!: JobQueue;
  /** The same queue as another process has it. */
  other!: JobQueue;

  async open(adapter: QueueAdapter): Promise<void> {
    this.clock = new QueueTestClock();
    const store = adapter.open(this.clock);
    const connect = async (): Promise<Queues> => {
      const queues = await store.connect();
      closeAfterTest(() => queues.close());
      return queues;
    };
    [this.queues, this.others] = await Promise.all([connect(), connect()]);
    [this.queue, this.other] = [this.queues.queue('work'), this.others.queue('work')];
  }

  readonly finished = (at: JobQueue, count: number): Promise<void> =>
    until(async () => {
      const { completed, failed } = await at.getJobCounts();
      return completed + failed >= count;
    });

  readonly job = async (id: string): Promise<Job> => (await this.queue.getJob(id)) as Job;

  readonly process = (at: JobQueue, ...rest: Parameters<JobQueue['process']>): JobWorker => {
    const worker = at.process(...rest);
    closeAfterTest(() => worker.close());
    return worker;
  };

  /** Runs what can run now, in the order in which it is taken. */
  readonly runAll = async (work: (job: Job) => unknown = () => null): Promise<string[]> => {
    const ran: string[] = [];
    const worker = this.queue.process(async (one) => {
      ran.push(one.id);
      return work(one);
    });
    await worker.whenIdle();
    await worker.close();
    return ran;
  };
}

export async function expectRejection(
  work: Promise<unknown>,
  kind: new (...args: never[]) => Error,
): Promise<void> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(kind);
}
