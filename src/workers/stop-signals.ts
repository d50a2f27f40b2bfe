import type { Logger } from 'pino';

/** Both were asked for: 128 + 15. */
const TERMINATED = 143;
/** The work in flight did not end within the grace period. */
const TOO_LATE = 1;

export interface StopSignals {
  readonly stopping: AbortSignal;
  /** Resolves when the process is asked to stop. */
  readonly asked: Promise<void>;
  /** Stops listening. */
  done(): void;
}

/**
 * The first SIGTERM or SIGINT asks the work to end in order, within `graceMs`;
 * the second ends the process at once, which is as safe as `kill -9`: safe.
 */
export function onStopSignals(log: Logger, graceMs: number): StopSignals {
  const controller = new AbortController();
  let grace: NodeJS.Timeout | undefined;
  let tell = (): void => undefined;
  const asked = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const listener = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(TERMINATED);
    log.info({ signal }, 'stopping after the work in flight (again: stop at once)');
    grace = setTimeout(() => {
      log.error({ graceMs }, 'the work in flight did not end in time');
      process.exit(TOO_LATE);
    }, graceMs).unref();
    controller.abort();
    tell();
  };
  process.on('SIGTERM', listener);
  process.on('SIGINT', listener);
  return {
    stopping: controller.signal,
    asked,
    done() {
      clearTimeout(grace);
      process.off('SIGTERM', listener);
      process.off('SIGINT', listener);
    },
  };
}
