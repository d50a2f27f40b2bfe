/**
 * Preload for `node --import`: the process kills itself, as `kill -9` would, at
 * the nth time it passes a named step. Only this file reads its two variables.
 */
import { observeSteps } from '../../src/base/steps.js';

const wanted = process.env.REDRAIN_TEST_CRASH_STEP;
let left = Number(process.env.REDRAIN_TEST_CRASH_NTH ?? 1);

observeSteps((name) => {
  if (name !== wanted) return;
  left -= 1;
  if (left === 0) process.kill(process.pid, 'SIGKILL');
});
