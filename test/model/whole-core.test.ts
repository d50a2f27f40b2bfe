import fc from 'fast-check';
import { openCore } from '../support/core.js';
import type { Command } from './commands.js';
import { Machine } from './machine.js';
import { PROGRAMS, parameters, TIME_LIMIT_MS } from './parameters.js';
import { anyProgram } from './programs.js';

describe('the whole core, whatever happens to it', function () {
  this.timeout(TIME_LIMIT_MS);

  it(`agrees with a small model after every step (programs: ${PROGRAMS})`, async () => {
    const template = await givenTemplate();
    await fc.assert(
      fc.asyncProperty(anyProgram(), (program) => run(template, program)),
      parameters(),
    );
  });
});

async function run(template: string, program: readonly Command[]): Promise<void> {
  const machine = await Machine.start(template);
  try {
    for (const command of program) await machine.live(command);
    await machine.deliverEverything();
  } finally {
    await machine.end();
  }
}

/** An empty journal of today's schema. */
async function givenTemplate(): Promise<string> {
  const core = await openCore();
  core.db.close();
  return core.file;
}
