#!/usr/bin/env node
import { type Command, CommanderError } from 'commander';
import { EXIT } from './exit-codes.js';
import { type GlobalOptions, Output } from './output.js';
import { buildProgram, type CommandCall, type RunCommand } from './program.js';

/** Loads a command when it is called and turns its failures into messages and exit codes. */
const run: RunCommand =
  (load) =>
  async (...parameters) => {
    const command = parameters.at(-1) as Command;
    const globals = command.optsWithGlobals<GlobalOptions>();
    const call: CommandCall = { args: command.args, options: command.opts(), globals };
    try {
      const body = await load();
      process.exitCode = await body.run(call);
    } catch (error) {
      const { reportFailure } = await import('./failure.js');
      process.exitCode = reportFailure(error, new Output(globals));
    }
  };

try {
  await buildProgram(run).parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Help and version were asked for; everything else is a wrong command line.
  process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
}
