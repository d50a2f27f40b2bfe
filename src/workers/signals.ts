import { isatty } from 'node:tty';
import type { WorkerLog } from './worker-log.js';

/** Asked twice to stop: 128 + 15. */
const TERMINATED = 143;
/** The work in flight did not end within the grace period. */
const TOO_LATE = 1;
/** Milliseconds within which npm passes on a Ctrl-C that the terminal has sent to both of us. */
const ECHO_MS = 500;

export interface StopSignals {
  readonly stopping: AbortSignal;
  /** Resolves when the process is asked to stop. */
  readonly asked: Promise<void>;
  /** Stops listening. */
  done(): void;
}

/** How the process was started, as far as signals depend on it. */
export interface SignalOptions {
  readonly graceMs: number;
  /** A terminal sends SIGHUP when it is closed, and SIGINT to npm and to us. */
  readonly atTerminal: boolean;
}

/** True where somebody may close a terminal or press Ctrl-C. */
export function atTerminal(): boolean {
  return [0, 1, 2].some((fd) => isatty(fd));
}

/**
 * The signals of a worker:
 *
 * - The first SIGTERM or SIGINT asks the work to end in order, within
 *   `graceMs`; the second ends the process at once, which is as safe as
 *   `kill -9`: safe.
 * - SIGHUP does the same at a terminal, which was closed. Elsewhere it asks to
 *   reload (logrotate, `systemctl reload`): nothing is kept that could be out
 *   of date, so the work goes on.
 * - SIGUSR1 and SIGUSR2 are logged and change nothing. Without a listener
 *   SIGUSR1 would open the debugger of Node on a port of this machine.
 */
export function onSignals(worker: WorkerLog, options: SignalOptions): StopSignals {
  const { log } = worker;
  const controller = new AbortController();
  let grace: NodeJS.Timeout | undefined;
  let stoppedAt = 0;
  let tell = (): void => undefined;
  const asked = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const exit = (code: number): void => {
    worker.tryNow();
    process.exit(code);
  };
  const isEcho = (signal: NodeJS.Signals): boolean =>
    options.atTerminal && signal === 'SIGINT' && performance.now() - stoppedAt < ECHO_MS;
  const stop = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) {
      if (!isEcho(signal)) exit(TERMINATED);
      return;
    }
    stoppedAt = performance.now();
    log.info({ signal }, 'stopping after the work in flight (again: stop at once)');
    grace = setTimeout(() => {
      log.error({ graceMs: options.graceMs }, 'the work in flight did not end in time');
      exit(TOO_LATE);
    }, options.graceMs).unref();
    controller.abort();
    tell();
  };
  const goOn = (signal: NodeJS.Signals): void =>
    log.info({ signal }, 'the signal changes nothing: there is nothing to reload');
  const listeners: [NodeJS.Signals, (signal: NodeJS.Signals) => void][] = [
    ['SIGTERM', stop],
    ['SIGINT', stop],
    ['SIGHUP', options.atTerminal ? stop : goOn],
    ['SIGUSR1', goOn],
    ['SIGUSR2', goOn],
  ];
  for (const [signal, listener] of listeners) process.on(signal, listener);
  return {
    stopping: controller.signal,
    asked,
    done() {
      clearTimeout(grace);
      for (const [signal, listener] of listeners) process.off(signal, listener);
    },
  };
}
