import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { App } from '../../src/app/app.js';
import { enqueueJob, readQueues } from '../../src/app/jobs/enqueue.js';
import { KINDS } from '../../src/app/jobs/job-kinds.js';
import type { JobOptions } from '../../src/queue/job.js';
import { captured, envelopes, sendTo } from '../processes/given-events.js';
import { payloadDigests } from '../processes/journal-rows.js';
import { Cli, MAIN, startReceiver } from '../support/cli.js';
import { closeAfterTest } from '../support/temporary-home.js';

export const WORKERS = ['capture', 'dispatch', 'migrate', 'gc'] as const;
export type WorkerName = (typeof WORKERS)[number];

const POLL_MS = 20;

/** A worker that is only known by its health, its jobs and its end: nobody may be reading its log. */
export class WatchedWorker {
  readonly #name: WorkerName;
  readonly #cli: Cli;
  readonly #app: App;
  readonly #child: ChildProcess;
  readonly #port: number;
  readonly #given: string[] = [];

  private constructor(name: WorkerName, cli: Cli, child: ChildProcess, port: number) {
    this.#name = name;
    this.#cli = cli;
    this.#child = child;
    this.#port = port;
    this.#app = new App({ home: cli.home, env: {} });
    closeAfterTest(() => this.#app.close());
  }

  /** Starts it with its log on this descriptor, and waits until it takes jobs. */
  static async start(name: WorkerName, cli: Cli, log: number): Promise<WatchedWorker> {
    const receiver = await startReceiver();
    sendTo(cli, receiver.url);
    const port = await freePort();
    const options = ['--metrics-port', String(port), '--log-level', 'trace'];
    const home = ['--home', cli.home];
    const args = [MAIN, 'worker', name, ...home, '--sweep-interval', '500', ...options];
    const child = spawn(process.execPath, args, { env: cli.env, stdio: ['ignore', log, log] });
    closeAfterTest(() => child.kill('SIGKILL'));
    const worker = new WatchedWorker(name, cli, child, port);
    await until(async () => (await worker.#ask('/readyz')) === 200);
    return worker;
  }

  /** One job for it, put into its queue. */
  async given(options: JobOptions = {}): Promise<string> {
    const lines = envelopes(1, `given-${this.#given.length}`);
    if (this.#name === 'dispatch') await captured(this.#cli, lines);
    if (this.#name !== 'gc' && this.#name !== 'migrate') this.#given.push(...lines);
    const data = this.#name === 'capture' ? { events: lines } : {};
    return (await enqueueJob(this.#app, this.#name, data, options)).id;
  }

  /** The job is done, and what was given so far is in the journal. */
  async done(id: string): Promise<void> {
    const { queue } = KINDS[this.#name];
    const state = () =>
      readQueues(this.#app, async (queues) => (await queues.queue(queue).getJob(id))?.state);
    await until(async () => ['completed', undefined].includes(await state()));
    if (this.#given.length > 0)
      expect(payloadDigests(this.#cli.home).size).to.equal(this.#given.length);
  }

  async works(): Promise<void> {
    await this.done(await this.given());
  }

  /** Its health answers for so long, and at least once. */
  async isHealthy(ms: number): Promise<void> {
    const end = performance.now() + ms;
    do {
      expect(await this.#ask('/healthz'), '/healthz').to.equal(200);
      expect(await this.#ask('/readyz'), '/readyz').to.be.a('number');
      expect(await this.#ask('/metrics'), '/metrics').to.equal(200);
      if (ms > 0) await pause(1_000);
    } while (performance.now() < end);
  }

  /** Whoever drains now does not find the target locked. */
  async holdsNoLock(): Promise<void> {
    const pass = { ignoreBackoff: false, limit: 0, signal: new AbortController().signal };
    const free = async (): Promise<boolean> =>
      (await this.#app.drain({ ...pass, waitForLock: false })).blocked_reason !== 'daemon_lock';
    await until(free);
  }

  /** SIGTERM; resolves with the exit code. */
  async stop(): Promise<number | null> {
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const [code] = (await exited) as [number | null];
    return code;
  }

  async #ask(path: string): Promise<number | undefined> {
    const url = `http://127.0.0.1:${this.#port}${path}`;
    const options = { signal: AbortSignal.timeout(10_000) };
    return fetch(url, options).then(
      ({ status }) => status,
      () => undefined,
    );
  }
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await pause(POLL_MS);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
