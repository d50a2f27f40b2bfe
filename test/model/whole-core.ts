import fc from 'fast-check';
import type { Command } from './commands.js';
import type { ModelEngine } from './engine.js';
import { Machine } from './machine.js';
import { parameters, timeLimitMs } from './parameters.js';
import { anyProgram } from './programs.js';

/** Random programs on one engine, `programs` of them, compared with the model after every command. */
export function describeWholeCore(
  { name, option }: Pick<ModelEngine, 'name' | 'option'>,
  programs: number,
  engine: () => Promise<ModelEngine>,
): void {
  if (programs === 0) return;
  describe(`the whole core on ${name}, whatever happens to it`, function () {
    this.timeout(timeLimitMs(programs));

    it(`agrees with a small model after every step (programs: ${programs})`, async () => {
      const on = await engine();
      await fc.assert(
        fc.asyncProperty(anyProgram(), (program) => run(on, program)),
        parameters(option, programs),
      );
    });
  });
}

async function run(engine: ModelEngine, program: readonly Command[]): Promise<void> {
  const machine = await Machine.start(engine);
  try {
    for (const command of program) await machine.live(command);
    await machine.deliverEverything();
  } finally {
    await machine.end();
  }
}
