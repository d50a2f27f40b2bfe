import type { Command } from 'commander';
import type { RunCommand } from '../../../src/cli/command.js';
import { reportFailure } from '../../../src/cli/failure.js';
import { type GlobalOptions, Output } from '../../../src/cli/output.js';
import { buildProgram } from '../../../src/cli/program.js';

/** A command line in words, on a home and in a directory of its own. */
export interface Typed {
  readonly words: readonly string[];
  readonly home: string;
  readonly directory: string;
}

/**
 * Runs many command lines in one process, one after the other, and tells its
 * parent how each ended: starting one process for each takes longer than all
 * of what they do.
 */
process.on('message', async ({ words, home, directory }: Typed) => {
  process.chdir(directory);
  process.env.REDRAIN_HOME = home;
  let code: number | undefined;
  const run: RunCommand =
    (load) =>
    async (...parameters) => {
      const command = parameters.at(-1) as Command;
      const globals = command.optsWithGlobals<GlobalOptions>();
      const call = { args: command.args, options: command.opts(), globals };
      try {
        code = await (await load()).run(call);
      } catch (error) {
        code = reportFailure(error, new Output(globals));
      }
    };
  await buildProgram(run)
    .parseAsync([...words], { from: 'user' })
    .catch(() => undefined);
  process.send?.(code ?? 'no command was run');
});
