/**
 * Preload for `node --import`: from the nth time on that the process passes a
 * named step, the disk is full there. Only this file reads its variables.
 */
import { observeSteps } from '../../src/base/steps.js';

const wanted = process.env.REDRAIN_TEST_FULL_STEP;
let left = Number(process.env.REDRAIN_TEST_FULL_NTH ?? 1);

observeSteps((name) => {
  if (name !== wanted) return;
  left -= 1;
  if (left > 0) return;
  throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
});
