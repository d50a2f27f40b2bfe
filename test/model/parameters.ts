import fc from 'fast-check';
import { rounds } from '../support/rounds.js';

/**
 * What `npm run soak` passes on; only this file reads it. A seed with its path
 * runs one failing program again.
 */
const { REDRAIN_MODEL_SEED, REDRAIN_MODEL_PATH, REDRAIN_MODEL_PROGRAMS, REDRAIN_MODEL_ENGINE } =
  process.env;

/** How many programs each engine runs; a server takes longer for each of them. */
export const PROGRAMS = {
  sqlite: programsOn('sqlite', rounds(200, 5_000)),
  postgres: programsOn('postgres', rounds(30, 5_000)),
};

function programsOn(engine: string, usual: number): number {
  if (REDRAIN_MODEL_ENGINE !== undefined && REDRAIN_MODEL_ENGINE !== engine) return 0;
  return Number(REDRAIN_MODEL_PROGRAMS ?? usual);
}

/** Far more than it takes, also on a slow machine. */
export const timeLimitMs = (programs: number): number => 600_000 + programs * 2_000;

export function parameters<T>(engine: string, programs: number): fc.Parameters<T> {
  return {
    numRuns: programs,
    // Before mocha gives up: a failure that is still being shrunk has a seed to tell.
    interruptAfterTimeLimit: timeLimitMs(programs) - 60_000,
    markInterruptAsFailure: true,
    ...(REDRAIN_MODEL_SEED === undefined ? {} : { seed: Number(REDRAIN_MODEL_SEED) }),
    ...(REDRAIN_MODEL_PATH === undefined ? {} : { path: REDRAIN_MODEL_PATH }),
    asyncReporter: (details) => report(engine, details),
  };
}

/** The usual report of a failure, and the command that brings it about again. */
async function report<T>(engine: string, details: fc.RunDetails<T>): Promise<void> {
  if (!details.failed) return;
  const { seed, counterexamplePath } = details;
  const path = counterexamplePath === null ? '' : ` --path ${counterexamplePath}`;
  const again = `npm run soak -- --engine ${engine} --seed ${seed}${path}`;
  const { errorInstance: cause } = details;
  const said = `${await fc.asyncDefaultReportMessage(details)}\n${String(cause)}`;
  throw new Error(`${said}\nAgain: ${again}`, { cause });
}
