import { expect } from 'chai';
import { Outlet } from '../../src/output/outlet.js';
import { WorkerMetrics } from '../../src/workers/metrics.js';
import { logProcessTrouble } from '../../src/workers/process-trouble.js';
import { onSignals } from '../../src/workers/signals.js';
import { logTo, type WorkerLog } from '../../src/workers/worker-log.js';
import { closeAfterTest } from '../support/temporary-home.js';

const MOST_WAITING = 2_000;

/** A log on a disk that the test fills and cleans. */
function givenLog() {
  const disk = { full: false, text: '' };
  const write = (_fd: number, bytes: Uint8Array): number => {
    if (disk.full) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    disk.text += Buffer.from(bytes).toString();
    return bytes.length;
  };
  const outlet = new Outlet(1, { onFailure: 'keep', mostWaiting: MOST_WAITING, write });
  closeAfterTest(() => outlet.abandon());
  const worker = logTo(outlet, 'gc', 'info');
  const lines = () =>
    disk.text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { disk, worker, lines };
}

/** What was added last for this event of the process, for a test to call. */
function listenerOf(event: string): (...values: unknown[]) => void {
  return process.listeners(event as 'SIGHUP').at(-1) as never;
}

describe('the log of a worker', () => {
  it('drops what does not fit while its disk is full, counts it, and says so afterwards', async () => {
    const { disk, worker, lines } = givenLog();
    const metrics = new WorkerMetrics(() => worker.dropped());
    disk.full = true;
    for (let n = 0; n < 100; n += 1) worker.log.info({ n }, 'a line');
    const dropped = worker.dropped();
    expect(dropped).to.be.within(50, 99);
    expect(await metrics.registry.metrics()).to.include(
      `redrain_log_lines_dropped_total ${dropped}\n`,
    );
    disk.full = false;
    worker.tryNow();
    const written = lines();
    expect(written).to.have.length(100 - dropped + 1);
    expect(written.slice(0, -1).map(({ n }) => n)).to.deep.equal(
      written.slice(0, -1).map((_, n) => n),
    );
    expect(written.at(-1)).to.include({ dropped, level: 'warn' });
  });

  it('has the warnings of Node, and errors that nobody caught', async () => {
    const { worker, lines } = givenLog();
    const before = process.listeners('warning');
    const restore = logProcessTrouble(worker);
    closeAfterTest(restore);
    expect(process.listeners('warning')).to.have.length(1);
    listenerOf('warning')(new Error('a timer with NaN'));
    const exits = withoutExit(() => listenerOf('uncaughtException')(new Error('nobody caught me')));
    expect(exits).to.deep.equal([1]);
    expect(lines().map(({ level, err }) => [level, (err as Error).message])).to.deep.equal([
      ['warn', 'a timer with NaN'],
      ['fatal', 'nobody caught me'],
    ]);
    restore();
    expect(process.listeners('warning')).to.deep.equal(before);
  });
});

describe('the signals of a worker', () => {
  for (const signal of ['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const)
    it(`goes on at ${signal}, and says so`, () => {
      const { lines, signals } = given({ atTerminal: false });
      listenerOf(signal)(signal);
      expect(signals.stopping.aborted).to.equal(false);
      expect(lines()[0]).to.include({ signal });
    });

  it('ends in order when its terminal is closed', async () => {
    const { signals } = given({ atTerminal: true });
    listenerOf('SIGHUP')('SIGHUP');
    await signals.asked;
    expect(signals.stopping.aborted).to.equal(true);
  });

  it('counts a Ctrl-C that npm passes on once, and a second SIGTERM as the second', () => {
    const { signals } = given({ atTerminal: true });
    const exits = withoutExit(() => {
      listenerOf('SIGINT')('SIGINT');
      listenerOf('SIGINT')('SIGINT');
    });
    expect([exits, signals.stopping.aborted]).to.deep.equal([[], true]);
    expect(withoutExit(() => listenerOf('SIGTERM')('SIGTERM'))).to.deep.equal([143]);
  });

  function given({ atTerminal }: { atTerminal: boolean }) {
    const { worker, lines } = givenLog();
    const signals = onSignals(worker satisfies WorkerLog, { graceMs: 60_000, atTerminal });
    closeAfterTest(() => signals.done());
    return { signals, lines };
  }
});

/** Runs this and returns the codes with which the process would have exited. */
function withoutExit(work: () => void): unknown[] {
  const codes: unknown[] = [];
  const { exit } = process;
  process.exit = ((code: unknown) => codes.push(code)) as never;
  try {
    work();
  } finally {
    process.exit = exit;
  }
  return codes;
}
