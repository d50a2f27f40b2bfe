import { CommanderError } from 'commander';
import { EXIT } from '../base/exit-codes.js';
import { finishOutput, stderr, stdout } from '../output/standard.js';
import { oneLine } from './color.js';
import { type GlobalOptions, Output } from './output.js';
import { buildProgram, COMMAND_NAMES } from './program.js';

async function fail(error: unknown, globals: GlobalOptions): Promise<void> {
  const { reportFailure } = await import('./failure.js');
  process.exitCode = reportFailure(error, new Output(globals));
}

const SIGNAL_CODES = new Set<unknown>([EXIT.hungUp, EXIT.interrupted, EXIT.terminated]);

/** Runs the command that was typed, to the end of its output. */
export async function runCommandLine(words: readonly string[]): Promise<void> {
  listenToNode();
  try {
    const isNeutral = await wantsNeutralHelp(words);
    const ended = (code: number): void => {
      process.exitCode = code;
    };
    const program = await buildProgram(words, ended, { isNeutral });
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version were asked for; everything else is a wrong command line.
    process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
    if (process.exitCode === EXIT.usage) tellWrongUsage(error);
  }
  await finishOutput({ isAskedToEnd: SIGNAL_CODES.has(process.exitCode) });
}

/** Only a list of commands says more to users of Spec Kitty: nothing else has to look at the home for it. */
async function wantsNeutralHelp(words: readonly string[]): Promise<boolean> {
  const isHelp = words.some((word) => /^(help|-h|--help)$/.test(word));
  // Without a command that it knows, the program shows its help, or a name that is like what was typed.
  if (!isHelp && words.some((word) => COMMAND_NAMES.includes(word))) return false;
  const { isNeutralHome } = await import('../app/neutral-home.js');
  const at = words.findIndex((word) => /^--home(=|$)/.test(word));
  const [, given = words[at + 1]] = words[at]?.split(/=(.*)/s) ?? [];
  return isNeutralHome(at < 0 ? undefined : given, process.env);
}

/**
 * Warnings and errors that nobody caught are written as everything else is:
 * Node would wait for the reader of stderr inside a system call. SIGUSR1 has a
 * listener because Node would open its debugger without one.
 */
function listenToNode(): void {
  process.removeAllListeners('warning');
  process.on('warning', ({ message }) => stderr().write(`warning: ${oneLine(message)}\n`));
  process.on('uncaughtException', (error) => {
    void fail(error, { verbose: process.argv.includes('--verbose') }).finally(() => {
      stdout().tryNow();
      process.exit();
    });
  });
  process.on('SIGUSR1', () => undefined);
}

/** Commander has said it on stderr; the options were not understood, so --json is looked for. */
function tellWrongUsage({ code, message }: CommanderError): void {
  const output = new Output({ json: process.argv.includes('--json') });
  const said = code === 'commander.help' ? 'no command was named' : message;
  output.failure(said.replace(/^error: /, ''), EXIT.usage);
}
