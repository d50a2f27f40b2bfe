/**
 * Preload for `node --import`: writes down every named step the process passes,
 * one a line, in the file that is named. Only this file reads its variable.
 */
import { appendFileSync } from 'node:fs';
import { observeSteps } from '../../src/base/steps.js';

const file = process.env.REDRAIN_TEST_STEPS_FILE;
if (file !== undefined)
  observeSteps((name, isDurable) => {
    if (isDurable) appendFileSync(file, `${name}\n`);
  });
