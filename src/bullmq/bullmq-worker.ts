import { randomUUID } from 'node:crypto';
import type { Job as BullJob, IQueueBackend } from 'bullmq';
import { step } from '../base/steps.js';
import { LockLostError } from '../queue/errors.js';
import { GrowingPause } from '../queue/pauses.js';
import type { JobWorker, Processor, RunningJob, WorkerOptions } from '../queue/ports.js';
import { type Held, JobEnd } from './job-end.js';
import { toJob } from './job-mapping.js';
import type { QueueContext } from './queue-context.js';
import type { Schedules } from './schedules.js';
import { TakenJobs } from './taken-jobs.js';

/** BullMQ's own default. */
const DEFAULT_LOCK_MS = 30_000;
/** Renewals in the life of a lock: two may fail. */
const RENEWALS = 3;
/** Seconds for which a new job is waited for at once. */
const WAIT_SECONDS = 2;
/** Milliseconds between two looks at schedules of other processes. */
const SCHEDULES_MS = 1_000;

interface Running extends Held {
  readonly stop: AbortController;
  done: Promise<void>;
}

/** Takes jobs of one queue as they come, so many at a time, and keeps their locks alive. */
export class BullmqWorker implements JobWorker {
  readonly #at: QueueContext;
  readonly #schedules: Schedules;
  readonly #processor: Processor;
  readonly #options: WorkerOptions;
  readonly #backend: IQueueBackend;
  readonly #taken: TakenJobs;
  readonly #end: JobEnd;
  readonly #lockMs: number;
  readonly #running = new Map<string, Running>();
  readonly #timers: NodeJS.Timeout[];
  readonly #pause: GrowingPause;
  readonly #waiting: Promise<void>;
  #turn: Promise<void> | undefined;
  #lookAgain = false;
  #wakeAt = 0;
  #lookedAt = Number.POSITIVE_INFINITY;
  #schedulesAt = 0;
  #ticksAt = 0;
  #pollAt = 0;
  #stalledAt = 0;
  #lastTrouble: unknown;
  #idle: (() => void)[] = [];
  #closing = false;
  /** Wakes whoever waits for room for another job. */
  #room: (() => void) | undefined;

  constructor(
    at: QueueContext,
    schedules: Schedules,
    processor: Processor,
    options: WorkerOptions,
  ) {
    const { engine, uptime, random, pace } = at.around;
    this.#at = at;
    this.#schedules = schedules;
    this.#processor = processor;
    this.#options = options;
    this.#lockMs = options.lockDuration ?? DEFAULT_LOCK_MS;
    const maxStalledCount = options.maxStalledCount ?? 1;
    this.#backend = engine.taking(at.bull, { lockDuration: this.#lockMs, maxStalledCount });
    this.#taken = new TakenJobs(at, this.#backend);
    this.#end = new JobEnd(at, this.#backend);
    this.#pause = new GrowingPause(uptime, random);
    this.#timers = [
      setInterval(() => this.#beat(), pace.beat),
      setInterval(() => void this.#renewAll(), this.#lockMs / RENEWALS),
    ];
    this.#look();
    this.#waiting = this.#waitForJobs();
  }

  get trouble(): { error: unknown; times: number } | undefined {
    const { times } = this.#pause;
    return times === 0 ? undefined : { error: this.#lastTrouble, times };
  }

  whenIdle(): Promise<void> {
    return new Promise((resolve) => {
      this.#idle.push(resolve);
      this.#look();
    });
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#room?.();
    // One that waits on a connection that is gone comes back when it is closed.
    await this.#backend.disconnectBlocking(false).catch(() => undefined);
    await this.#turn;
    await Promise.all([...this.#running.values()].map(({ done }) => done));
    for (const timer of this.#timers) clearInterval(timer);
    // No job is in work any more: a connection that cannot be ended ends with the process.
    await this.#backend.close(true).catch(() => undefined);
    await this.#waiting;
    this.#tellIdle();
  }

  #beat(): void {
    const now = this.#at.now();
    const isDue = now >= this.#wakeAt || now < this.#lookedAt;
    if (isDue || this.#at.around.uptime() >= this.#pollAt) this.#look();
  }

  get #hasRoom(): boolean {
    return this.#running.size < (this.#options.concurrency ?? 1);
  }

  /** While there is room: another worker is not to be kept from a job that this one cannot take. */
  async #waitForJobs(): Promise<void> {
    while (!this.#closing) {
      await this.#turn;
      if (!this.#hasRoom || this.#options.takes?.() === false || this.#pause.lasts(false)) {
        await this.#rest();
        continue;
      }
      try {
        await this.#backend.waitForJob(WAIT_SECONDS);
        if (!this.#closing) this.#look();
      } catch (error) {
        if (!this.#closing) this.#failed(error);
      }
    }
  }

  #rest(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#at.around.pace.beat);
      this.#room = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** One turn at a time; what comes during one is looked at after it. */
  #look(): void {
    this.#lookAgain = true;
    if (this.#closing || this.#pause.lasts(false)) return;
    this.#turn ??= this.#turns().finally(() => {
      this.#turn = undefined;
    });
  }

  async #turns(): Promise<void> {
    while (this.#lookAgain && !this.#closing) {
      this.#lookAgain = false;
      try {
        await this.#oneTurn();
        this.#recovered();
      } catch (error) {
        // The store may come back: the next beat after the pause tries again.
        this.#wakeAt = 0;
        this.#failed(error);
        return;
      }
    }
  }

  async #oneTurn(): Promise<void> {
    const { uptime, pace, engine } = this.#at.around;
    const now = this.#at.now();
    if (now < this.#lookedAt) {
      await this.#at.note();
      await engine.rows.restartWaits(this.#at.bull, now);
      this.#schedulesAt = 0;
    }
    this.#lookedAt = now;
    this.#pollAt = uptime() + pace.poll;
    await this.#lookAtSchedules(now);
    if (uptime() >= this.#stalledAt) await this.#recoverStalled();
    const found = await this.#takeJobs();
    this.#wakeAt = Math.min(this.#ticksAt, found.next);
    if (found.isAll && this.#running.size === 0) this.#tellIdle();
  }

  async #lookAtSchedules(now: number): Promise<void> {
    if (now < this.#ticksAt && now < this.#schedulesAt) return;
    this.#ticksAt = await this.#schedules.tick();
    this.#schedulesAt = now + SCHEDULES_MS;
  }

  /** Jobs whose worker is gone wait again, or have lost too many workers. */
  async #recoverStalled(): Promise<void> {
    const { uptime, pace } = this.#at.around;
    this.#stalledAt = uptime() + pace.stalled;
    const ids = await this.#backend.moveStalledJobsToWait();
    for (const running of this.#running.values())
      if (ids.includes(running.job.id ?? '')) this.#lose(running);
    for (const id of ids) await this.#taken.failIfGivenUp(id);
  }

  /** `next`: when one that is delayed can run. */
  async #takeJobs(): Promise<{ isAll: boolean; next: number }> {
    while (this.#hasRoom && !this.#closing) {
      if (this.#options.takes?.() === false) break;
      const token = randomUUID();
      const { job, next } = await this.#taken.take(token);
      if (job === undefined) return { isAll: true, next };
      this.#start({ job, token });
    }
    return { isAll: this.#hasRoom, next: Number.POSITIVE_INFINITY };
  }

  #start(held: Held): void {
    const running: Running = { ...held, stop: new AbortController(), done: Promise.resolve() };
    this.#running.set(held.token, running);
    step('queue.taken');
    running.done = this.#run(running)
      .catch((error: unknown) => this.#options.onTrouble?.(error))
      .finally(() => {
        this.#running.delete(held.token);
        this.#room?.();
        this.#look();
      });
  }

  async #run(running: Running): Promise<void> {
    const { job, stop } = running;
    const failure = { error: undefined as unknown };
    const result = await this.#processor(this.#asRunning(job, stop.signal)).catch(
      (error: unknown) => {
        failure.error = error ?? new Error('the processor rejected with nothing');
      },
    );
    step('queue.ran');
    // Trouble in writing it down is not a failure of the job: its lock runs out, and it is taken again.
    const isHeld = await (failure.error === undefined
      ? this.#end.complete(running, result)
      : this.#end.fail(running, failure.error));
    step('queue.ended');
    if (!isHeld) this.#lose(running);
  }

  #asRunning(job: BullJob, signal: AbortSignal): RunningJob {
    const updateProgress = async (progress: unknown): Promise<void> => {
      if (!signal.aborted) await this.#end.progress(job, progress);
    };
    return { ...toJob(this.#at.name, job, 'active'), signal, updateProgress };
  }

  async #renewAll(): Promise<void> {
    const all = [...this.#running.values()];
    if (all.length === 0) return;
    const ids = all.map(({ job }) => job.id ?? '');
    const tokens = all.map(({ token }) => token);
    try {
      const lost = await this.#backend.extendLocks(ids, tokens, this.#lockMs);
      for (const running of all) if (lost.includes(running.job.id ?? '')) this.#lose(running);
    } catch (error) {
      this.#options.onTrouble?.(error);
    }
  }

  /** Once: the renewal and the late result may both find out. */
  #lose({ stop, token, job }: Running): void {
    if (stop.signal.aborted || !this.#running.has(token)) return;
    const lost = new LockLostError(toJob(this.#at.name, job, 'active').id);
    stop.abort(lost);
    this.#options.onTrouble?.(lost);
  }

  #tellIdle(): void {
    for (const tell of this.#idle.splice(0)) tell();
  }

  #failed(what: unknown): void {
    const error = this.#at.around.engine.inWords(what);
    this.#pause.failed();
    this.#lastTrouble = error;
    // Whoever lost the store may find an empty one.
    this.#at.forgetNoted();
    this.#lookedAt = Number.POSITIVE_INFINITY;
    this.#options.onTrouble?.(error);
  }

  #recovered(): void {
    if (this.#pause.times === 0) return;
    this.#pause.succeeded();
    this.#options.onRecovered?.();
  }
}
