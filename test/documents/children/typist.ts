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
  const program = await buildProgram(words, (exitCode) => {
    code = exitCode;
  });
  await program.parseAsync([...words], { from: 'user' }).catch(() => undefined);
  process.send?.(code ?? 'no command was run');
});
