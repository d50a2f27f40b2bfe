import { observeSteps } from '../../src/base/steps.js';
import { watchNesting } from '../../src/postgres/nesting.js';
import { cleanUpAfterFile, cleanUpAfterTest } from './temporary-home.js';

watchNesting();

/** After every test of every file. Mocha loads this by itself (.mocharc.json): a hook in a shared module would hold only for the first file of a process. */
export const mochaHooks = {
  async afterEach(): Promise<void> {
    observeSteps(undefined);
    await cleanUpAfterTest();
  },
  /** Of a file where files run side by side, else of all. */
  afterAll: cleanUpAfterFile,
};
