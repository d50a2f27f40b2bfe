import { expect } from 'chai';
import { enqueue } from '../../src/app/jobs/enqueue.js';
import type { JobCounts } from '../../src/queue/job.js';
import { LitequeQueues } from '../../src/queue/liteque-queue.js';
import { seededRandom } from '../../src/receivers/stub/misbehaviour.js';
import type { StubServer } from '../../src/receivers/stub/server.js';
import { envelopes } from '../processes/given-events.js';
import { deliveriesAt, idsWith, payloadDigests, sha256 } from '../processes/journal-rows.js';
import { until } from '../queue/waiting.js';
import { type Cli, type RunningCli, startReceiver } from '../support/cli.js';
import { openCore } from '../support/core.js';
import { assertLedgerInvariant } from '../support/invariant.js';
import { rounds } from '../support/rounds.js';
import { stateOf } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';
import { external, startWorker } from './worker-process.js';

const KILLS = rounds(10, 60);
const EVENTS = rounds(2_000, 50_000);
const PER_JOB = rounds(50, 250);
const SEED = Number(process.env.REDRAIN_TEST_SEED ?? rounds(4_711, Date.now() % 1_000_000));

const QUEUE_STEPS = ['queue.taken', 'queue.ran', 'queue.ended'];
const STEPS = {
  capture: ['journal.appended', ...QUEUE_STEPS],
  dispatch: [
    ...['locked', 'pass-begun', 'claimed', 'posting', 'posted', 'settled', 'pass-ended'].map(
      (step) => `dispatch.${step}`,
    ),
    ...QUEUE_STEPS,
  ],
} as const;

const TIMING = ['--lock-duration', '500', '--sweep-interval', '300', '--log-level', 'warn'];

/** A worker that is started again whenever it dies, to die again while there are deaths left. */
class Mortal {
  deaths = 0;
  #running: RunningCli | undefined;
  #stopped = false;
  readonly #done: Promise<void>;

  constructor(
    readonly start: (crash: { step: string; nth: number } | undefined) => RunningCli,
    readonly nextDeath: () => { step: string; nth: number } | undefined,
  ) {
    this.#done = this.#live();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#running?.kill('SIGTERM');
    await this.#done;
  }

  async #live(): Promise<void> {
    while (!this.#stopped) {
      this.#running = this.start(this.nextDeath());
      const { signal, code, stdout, stderr } = await this.#running.exited;
      if (signal === 'SIGKILL') this.deaths += 1;
      else expect(code, `${stdout}\n${stderr}`).to.equal(0);
    }
  }
}

/** A death for each worker that starts, at a named step, until there were enough. */
function deathsFor(steps: readonly string[], random: () => number, enough: () => boolean) {
  return () => {
    if (enough()) return undefined;
    const step = steps[Math.floor(random() * steps.length)] as string;
    return { step, nth: 1 + Math.floor(random() * 3) };
  };
}

describe('kill -9 of workers', function () {
  this.timeout(rounds(240_000, 900_000));

  it(`loses nothing and leaves no job stuck, ${KILLS} times (REDRAIN_TEST_SEED=${SEED})`, async () => {
    const cli = new WarmCli();
    const random = seededRandom(SEED);
    const misbehave = { failRate: 0.1, seed: SEED };
    const receivers = [await startReceiver({ misbehave }), await startReceiver({ misbehave })];
    for (const { url } of receivers) {
      await external(cli, url, '--max-events', '100');
      expect((await cli.run(['now'])).code).to.equal(0);
    }
    const queues = await LitequeQueues.open(`${stateOf(cli.home)}/jobs.db`);
    const mortals: Mortal[] = [];
    const deaths = (): number => mortals.reduce((sum, one) => sum + one.deaths, 0);
    const enough = (): boolean => deaths() >= KILLS;
    const named = receivers.flatMap(({ url }) => ['--target', url]);
    const workers = {
      capture: { args: TIMING, steps: STEPS.capture },
      dispatch: { args: [...named, ...TIMING], steps: STEPS.dispatch },
    };
    for (const [name, { args, steps }] of Object.entries(workers))
      mortals.push(
        new Mortal(
          (crash) =>
            startWorker(cli, name as 'capture', args, crash === undefined ? {} : { crash }),
          deathsFor(steps, random, enough),
        ),
      );
    let events = 0;
    for (let fed = 0; events < EVENTS || !enough(); fed += 1) {
      const lines = envelopes(PER_JOB, `job-${fed}`);
      await enqueue(queues, 'capture', { events: lines });
      events += PER_JOB;
      await until(async () => (await queues.queue('capture').getJobCounts()).waiting < 3);
    }
    await until(async () => {
      const everywhere = receivers.every(({ sink }) => sink.stats().unique === events);
      if (!everywhere || !(await isQuiet(queues))) return false;
      // What a kill left in flight has arrived, but is not known to: the sweep asks again.
      return receivers.every(
        ({ url }) => idsWith(deliveriesAt(cli.home, url), 'success', 'duplicate').length === events,
      );
    });
    await Promise.all(mortals.map((one) => one.stop()));
    await queues.close();

    for (const receiver of receivers) assertEverythingOnce(cli, receiver, events);
    assertLedgerInvariant(await openCore(cli.home));
  });

  /** No job waits, runs, or failed. */
  async function isQuiet(queues: LitequeQueues): Promise<boolean> {
    const counts: JobCounts[] = [];
    for (const name of await queues.names()) {
      const queue = queues.queue(name);
      counts.push(await queue.getJobCounts());
      const failed = await queue.getJobs(['failed']);
      expect(failed.map(({ queue: at, failedReason }) => [at, failedReason])).to.deep.equal([]);
    }
    return counts.every(({ waiting, active, delayed }) => waiting + active + delayed === 0);
  }

  function assertEverythingOnce(cli: Cli, { sink, url }: StubServer, events: number): void {
    const journal = payloadDigests(cli.home);
    expect(journal.size, 'the journal').to.equal(events);
    const received = sink.eventIds().map((id) => [id, sha256(sink.bytesOf(id) ?? '')] as const);
    expect(received, 'ids at the receiver').to.have.length(events);
    expect(new Map(received), 'bytes at the receiver').to.deep.equal(journal);
    const rows = deliveriesAt(cli.home, url);
    expect(rows, 'the ledger').to.have.length(events);
    expect(idsWith(rows, 'success', 'duplicate')).to.have.length(events);
  }
});
