import pino, { type Logger } from 'pino';
import { nonBlocking } from '../output/descriptor.js';
import { Outlet } from '../output/outlet.js';

/** Bytes of log lines that may wait for a reader that stalls, or for a full disk. */
const MOST_WAITING = 1024 * 1024;
/** Milliseconds that a worker on its way out grants the reader of its log. */
const LAST_WORDS_MS = 500;

/** The log of a worker. Trouble with it costs log lines and nothing else. */
export interface WorkerLog {
  readonly log: Logger;
  /** Lines that could not be written and no longer wait. */
  dropped(): number;
  /** Before the process exits at once: what can be written now is written. */
  tryNow(): void;
  /** At the end: waits a moment for a slow reader, then leaves. */
  end(): Promise<void>;
}

/** JSON lines on stdout. */
export function workerLog(worker: string, level: string): WorkerLog {
  return logTo(
    new Outlet(nonBlocking(1), { onFailure: 'keep', mostWaiting: MOST_WAITING }),
    worker,
    level,
  );
}

/** The same on an outlet of the caller. */
export function logTo(outlet: Outlet, worker: string, level: string): WorkerLog {
  const log = pino(settings(worker, level), outlet);
  outlet.onRecovered = (lost) =>
    log.warn({ dropped: lost }, 'log lines were dropped: stdout could not be written');
  return {
    log,
    dropped: () => outlet.lost,
    tryNow: () => outlet.tryNow(),
    async end() {
      await outlet.settled(LAST_WORDS_MS);
      outlet.abandon();
    },
  };
}

/**
 * What is logged is made of reports that never held a secret; the redaction is
 * for a field that should never have got here.
 */
function settings(worker: string, level: string): pino.LoggerOptions {
  return {
    level,
    base: { worker, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: ['token', 'authorization', 'headers', '*.token', '*.authorization', '*.headers'],
      censor: '[redacted]',
    },
  };
}
