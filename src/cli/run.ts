import { type Command, CommanderError } from 'commander';
import type { CommandCall, RunCommand } from './command.js';
import { EXIT } from './exit-codes.js';
import { type GlobalOptions, Output } from './output.js';
import { buildProgram } from './program.js';

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

// A reader that has seen enough (`| head`) is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(process.exitCode ?? EXIT.done);
});

try {
  await buildProgram(run).parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Help and version were asked for; everything else is a wrong command line.
  process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (process.exitCode === EXIT.usage) tellWrongUsage(error);
}

/** Commander has said it on stderr; the options were not understood, so --json is looked for. */
function tellWrongUsage({ code, message }: CommanderError): void {
  const output = new Output({ json: process.argv.includes('--json') });
  const said = code === 'commander.help' ? 'no command was named' : message;
  output.failure(said.replace(/^error: /, ''), EXIT.usage);
}
