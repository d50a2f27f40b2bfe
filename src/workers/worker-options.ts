import { type Command, InvalidArgumentError, Option } from 'commander';
import { repeatable } from '../base/options.js';

/** How a worker process was started. */
export interface WorkerOptions {
  readonly home?: string;
  readonly unsafeHome?: boolean;
  /** Jobs at a time, in each queue it serves. */
  readonly concurrency?: number;
  /** Names, ids or addresses of targets; none is the active one. */
  readonly target: readonly string[];
  /** Every target that is not retired, those added later included. */
  readonly allTargets: boolean;
  /** Do what there is to do now, then exit. */
  readonly once: boolean;
  readonly metricsPort?: number;
  /** Milliseconds. */
  readonly lockDuration: number;
  /** Milliseconds. */
  readonly sweepInterval: number;
  /** Milliseconds. */
  readonly grace: number;
  readonly logLevel: string;
}

/**
 * Declares what a worker of this kind can be told, beside its home.
 * @param name Of the worker: `dispatch` takes targets too.
 */
export function declareWorkerOptions<C extends Command>(command: C, name: string): C {
  command
    .option('--concurrency <n>', 'jobs at a time', wholeNumber)
    .option('--once', 'do what there is to do now, then exit')
    .option('--metrics-port <n>', 'serve /healthz, /readyz and /metrics on 127.0.0.1', port)
    .option(
      '--lock-duration <ms|5s>',
      'time until another worker takes over the jobs of a dead one',
      ms,
      30_000,
    )
    .option(
      '--sweep-interval <ms|5s>',
      'time between two searches for work that no job names',
      ms,
      60_000,
    )
    .option('--grace <ms|5s>', 'time for the work in flight after SIGTERM', ms, 90_000)
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent', level, 'info');
  if (name === 'dispatch')
    command
      .addOption(repeatable('--target <name|id|url>', 'a target in place of the active one'))
      .addOption(
        new Option(
          '--all-targets',
          'every target that is not retired, those added later included',
        ).conflicts('target'),
      );
  return command;
}

/** What commander read of those options, with what was not given. */
export function workerOptions(
  read: Partial<WorkerOptions> & Omit<WorkerOptions, 'target' | 'allTargets' | 'once'>,
): WorkerOptions {
  return { target: [], allTargets: false, once: false, ...read };
}

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'];

/** A level of the log. @throws InvalidArgumentError */
export function level(text: string): string {
  if (!LEVELS.includes(text)) throw new InvalidArgumentError(`It must be one of ${LEVELS}.`);
  return text;
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('It must be a number from 1.');
  return Number(text);
}

/** Locks and sweeps shorter than this would only keep the disk busy. */
const SHORTEST_MS = 100;

/** Longer than any work in flight; a timer of Node ends at 25 days. */
const LONGEST_MS = 86_400_000;
const UNITS: Readonly<Record<string, number>> = { '': 1, ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** A duration in milliseconds. @throws InvalidArgumentError */
export function ms(text: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,9})(ms|s|m|h)?$/.exec(text) ?? [];
  const value = Number(digits) * (UNITS[unit] ?? Number.NaN);
  if (digits === '' || !(value >= SHORTEST_MS && value <= LONGEST_MS))
    throw new InvalidArgumentError(
      `It must be from ${SHORTEST_MS} milliseconds to 24 hours: 30000, 30s, 5m or 1h.`,
    );
  return value;
}

/** The number of a port. @throws InvalidArgumentError */
export function port(text: string): number {
  const value = Number(text);
  if (!/^\d{1,5}$/.test(text) || value > 65_535)
    throw new InvalidArgumentError('It must be a port; 0 picks a free one.');
  return value;
}
