import fc from 'fast-check';
import { rounds } from '../support/rounds.js';

/**
 * What `npm run soak` passes on; only this file reads it. A seed with its path
 * runs one failing program again.
 */
const { REDRAIN_MODEL_SEED, REDRAIN_MODEL_PATH, REDRAIN_MODEL_PROGRAMS } = process.env;

export const PROGRAMS = Number(REDRAIN_MODEL_PROGRAMS ?? rounds(200, 5_000));

/** Far more than it takes, also on a slow machine. */
export const TIME_LIMIT_MS = 600_000 + PROGRAMS * 1_000;

export function parameters<T>(): fc.Parameters<T> {
  return {
    numRuns: PROGRAMS,
    // Before mocha gives up: a failure that is still being shrunk has a seed to tell.
    interruptAfterTimeLimit: TIME_LIMIT_MS - 60_000,
    markInterruptAsFailure: true,
    ...(REDRAIN_MODEL_SEED === undefined ? {} : { seed: Number(REDRAIN_MODEL_SEED) }),
    ...(REDRAIN_MODEL_PATH === undefined ? {} : { path: REDRAIN_MODEL_PATH }),
    asyncReporter: report,
  };
}

/** The usual report of a failure, and the command that brings it about again. */
async function report<T>(details: fc.RunDetails<T>): Promise<void> {
  if (!details.failed) return;
  const { seed, counterexamplePath } = details;
  const path = counterexamplePath === null ? '' : ` --path ${counterexamplePath}`;
  const again = `npm run soak -- --seed ${seed}${path}`;
  throw new Error(`${await fc.asyncDefaultReportMessage(details)}\nAgain: ${again}`, {
    cause: details.errorInstance,
  });
}
