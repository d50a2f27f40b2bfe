/**
 * Preload for `node --import`: at the nth time it passes a named step the process says so
 * on a descriptor and waits there, its event loop too, until something is written back.
 * Without a step it says at its end how often it passed each. Only this file reads its variables.
 */
import { readSync, writeSync } from 'node:fs';
import { observeSteps } from '../../src/base/steps.js';

const wanted = process.env.REDRAIN_TEST_HOLD_STEP;
const descriptor = Number(process.env.REDRAIN_TEST_HOLD_FD);
let left = Number(process.env.REDRAIN_TEST_HOLD_NTH ?? 1);
const passed: Record<string, number> = {};

observeSteps((name, isDurable) => {
  if (!isDurable) return;
  passed[name] = (passed[name] ?? 0) + 1;
  if (name !== wanted) return;
  left -= 1;
  if (left > 0 || left < 0) return;
  writeSync(descriptor, 'held');
  readSync(descriptor, Buffer.alloc(1));
});

if (wanted === undefined) process.once('exit', () => writeSync(descriptor, JSON.stringify(passed)));
