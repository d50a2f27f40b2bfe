import { step } from '../base/steps.js';
import { plainMessage } from '../files/trouble.js';
import { DelayedError, LockLostError, RetryAtError, UnrecoverableError } from './errors.js';
import { keepHouse, nextDue } from './housekeeping.js';
import type { Job } from './job.js';
import { type AfterFailure, JobLifecycle, type JobLock } from './job-lifecycle.js';
import type { JobStore } from './job-store.js';
import * as sql from './jobs.sql.js';
import { backoffDelay, GrowingPause } from './pauses.js';
import type { JobWorker, Processor, WorkerOptions } from './ports.js';
import type { Pulse, PulseListener } from './pulse.js';
import { halfJobsOf, halfJobsText, repairHalfJobs } from './troubles.js';

/** BullMQ's own default. */
export const DEFAULT_LOCK_MS = 30_000;
/** Milliseconds between two looks for halves of jobs. */
const REPAIR_EVERY_MS = 60_000;
/** Renewals in the life of a lock: two may fail. */
const RENEWALS = 3;

interface Running {
  readonly lock: JobLock;
  readonly stop: AbortController;
  done: Promise<void>;
}

/** What a worker needs beside its queue. */
export interface WorkerSurroundings {
  readonly pulse: Pulse;
  random(): number;
  /** Milliseconds of a clock that nobody sets. */
  uptime(): number;
}

/** Takes jobs of one queue as they come, so many at a time, and keeps their locks alive. */
export class LitequeWorker implements JobWorker, PulseListener {
  readonly #store: JobStore;
  readonly #lifecycle: JobLifecycle;
  readonly #around: WorkerSurroundings;
  readonly #processor: Processor;
  readonly #options: WorkerOptions;
  readonly #lockMs: number;
  readonly #running = new Map<string, Running>();
  readonly #renewals: NodeJS.Timeout;
  #turn: Promise<void> | undefined;
  #lookAgain = false;
  readonly #pause: GrowingPause;
  #wakeAt = 0;
  #lookedAt = 0;
  #repairAt = 0;
  #lastTrouble: unknown;
  #idle: (() => void)[] = [];
  #closing = false;

  constructor(
    store: JobStore,
    around: WorkerSurroundings,
    processor: Processor,
    options: WorkerOptions,
  ) {
    this.#store = store;
    this.#lifecycle = new JobLifecycle(store);
    this.#around = around;
    this.#processor = processor;
    this.#options = options;
    this.#lockMs = options.lockDuration ?? DEFAULT_LOCK_MS;
    this.#renewals = setInterval(() => this.#renewAll(), this.#lockMs / RENEWALS);
    this.#pause = new GrowingPause(around.uptime, around.random);
    store.db
      .write(() => store.db.statement(sql.NOTE_SERVED).run(store.queue, store.clock.now()))
      .catch((error: unknown) => this.#trouble(error));
    around.pulse.add(this);
  }

  beat(changed: boolean): void {
    if (this.#closing || this.#pause.lasts(changed)) return;
    const now = this.#store.clock.now();
    // A clock that went back is a reason to look: what is stored may lie years ahead.
    if (!changed && now < this.#wakeAt && now >= this.#lookedAt) return;
    this.#look(changed);
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
    await this.#turn;
    await Promise.all([...this.#running.values()].map(({ done }) => done));
    clearInterval(this.#renewals);
    this.#around.pulse.remove(this);
    this.#tellIdle();
  }

  /** One turn at a time; a change that comes during one is looked at after it. */
  #look(changed = false): void {
    this.#lookAgain = true;
    if (this.#pause.lasts(changed)) return;
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
        // A busy or full disk may pass: the next beat after the pause tries again.
        this.#wakeAt = 0;
        this.#pause.failed();
        this.#lastTrouble = error;
        this.#trouble(error);
        return;
      }
    }
  }

  async #oneTurn(): Promise<void> {
    const { clock } = this.#store;
    this.#noteTime(clock.now());
    await this.#repairHalves();
    if (nextDue(this.#store) <= clock.now()) {
      await keepHouse(this.#store, this.#options.maxStalledCount ?? 1);
      this.#around.pulse.touch();
    }
    const takesMore = await this.#takeJobs();
    this.#wakeAt = Math.min(nextDue(this.#store), this.#repairAt);
    if (takesMore && this.#running.size === 0) this.#tellIdle();
  }

  #noteTime(now: number): void {
    if (now < this.#lookedAt) this.#repairAt = 0;
    this.#lookedAt = now;
  }

  /** At the start, and every minute: nobody else would find them. */
  async #repairHalves(): Promise<void> {
    const { db, queue } = this.#store;
    if (this.#lookedAt < this.#repairAt) return;
    const found = halfJobsText(halfJobsOf(db, queue));
    if (found !== undefined) {
      await db.write(() => repairHalfJobs(this.#store));
      this.#options.onRepaired?.(found);
    }
    this.#repairAt = this.#lookedAt + REPAIR_EVERY_MS;
  }

  /** True when nothing more was there to be taken. */
  async #takeJobs(): Promise<boolean> {
    while (this.#running.size < (this.#options.concurrency ?? 1) && !this.#closing) {
      if (this.#options.takes?.() === false) return true;
      const task = await this.#store.tasks.attemptDequeue({ timeoutSecs: this.#lockMs / 1000 });
      if (task === null) return true;
      this.#start({ id: task.idempotencyKey as string, token: task.allocationId });
    }
    return false;
  }

  #start(lock: JobLock): void {
    const job = this.#store.find(lock.id);
    if (job === undefined) return;
    const running: Running = { lock, stop: new AbortController(), done: Promise.resolve() };
    this.#running.set(lock.token, running);
    this.#around.pulse.touch();
    running.done = this.#run(job, running)
      .catch((error: unknown) => this.#trouble(error))
      .finally(() => {
        this.#running.delete(lock.token);
        this.#around.pulse.touch();
        if (!this.#closing) this.#look();
      });
  }

  async #run(job: Job, { lock, stop }: Running): Promise<void> {
    const updateProgress = async (progress: unknown): Promise<void> => {
      if (await this.#lifecycle.progress(lock, progress)) this.#around.pulse.touch();
    };
    const running = { ...job, signal: stop.signal, updateProgress };
    const failure = { error: undefined as unknown };
    const result = await this.#processor(running).catch((error: unknown) => {
      failure.error = error ?? new Error('the processor rejected with nothing');
    });
    step('queue.ran');
    // Trouble in writing it down is not a failure of the job: its lock runs out, and it is taken again.
    const held = await (failure.error === undefined
      ? this.#lifecycle.complete(lock, result, job.opts)
      : this.#fail(lock, job, failure.error));
    step('queue.ended');
    if (!held) this.#lose({ lock, stop });
  }

  #fail(lock: JobLock, job: Job, error: unknown): Promise<boolean> {
    const reason = plainMessage(error);
    const result = error instanceof UnrecoverableError ? error.result : undefined;
    return this.#lifecycle.fail(lock, job, { reason, result }, this.#afterFailure(job, error));
  }

  #afterFailure(job: Job, error: unknown): AfterFailure {
    const now = this.#store.clock.now();
    if (error instanceof DelayedError) return { again: true, at: error.until, counts: false };
    const made = job.attemptsMade + 1;
    if (error instanceof UnrecoverableError || made >= (job.opts.attempts ?? 1))
      return { again: false };
    if (error instanceof RetryAtError) return { again: true, at: error.at, counts: true };
    const pause = backoffDelay(job.opts.backoff, made, this.#around.random);
    return { again: true, at: now + pause, counts: true };
  }

  #renewAll(): void {
    for (const running of this.#running.values())
      this.#lifecycle.renew(running.lock, this.#lockMs).then(
        (held) => held || this.#lose(running),
        (error: unknown) => this.#trouble(error),
      );
  }

  /** Once: the renewal and the late result may both find out. */
  #lose({ lock, stop }: Pick<Running, 'lock' | 'stop'>): void {
    if (stop.signal.aborted || !this.#running.has(lock.token)) return;
    const lost = new LockLostError(lock.id);
    stop.abort(lost);
    this.#trouble(lost);
  }

  #tellIdle(): void {
    for (const tell of this.#idle.splice(0)) tell();
  }

  #recovered(): void {
    if (this.#pause.times === 0) return;
    this.#pause.succeeded();
    this.#options.onRecovered?.();
  }

  #trouble(error: unknown): void {
    this.#options.onTrouble?.(error);
  }
}
