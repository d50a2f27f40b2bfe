import { Command, Help } from 'commander';
import { refuseRepeats } from '../base/options.js';
import { stderr, stdout } from '../output/standard.js';
import { VERSION } from '../version.js';
import { forTerminal } from './color.js';
import type { CommandBody, DefineCommand, RunCommand } from './command.js';
import { type GlobalOptions, Output } from './output.js';

/**
 * Every command: how the help of redrain lists it, and the file that declares
 * its options and does its work. The file is loaded when the command is typed.
 */
const COMMANDS: readonly (readonly [
  term: string,
  summary: string,
  load: () => Promise<DefineCommand>,
])[] = [
  [
    'capture [options] [files...]',
    'write events into the journal',
    async () => (await import('./capture.js')).define,
  ],
  ['now [options]', 'drain to the active target', async () => (await import('./now.js')).define],
  [
    'status [options]',
    'what is in the journal, where it was delivered, what is stuck',
    async () => (await import('./status.js')).define,
  ],
  [
    'server [url]',
    'show or set the server',
    async () => (await import('./spec-kitty/server.js')).define,
  ],
  [
    'login [options] [url]',
    'get tokens for a server',
    async () => (await import('./spec-kitty/login.js')).define,
  ],
  [
    'logout [url]',
    'forget the tokens of a server',
    async () => (await import('./spec-kitty/logout.js')).define,
  ],
  [
    'mode [options] [mode]',
    'show or set what happens to events',
    async () => (await import('./mode.js')).define,
  ],
  [
    'targets',
    'declare, test and list the targets of events',
    async () => (await import('./targets.js')).define,
  ],
  [
    'use <target>',
    'make a target the active one',
    async () => (await import('./target-declare.js')).defineUse,
  ],
  [
    'projects',
    'which projects may be sent to the hosted team',
    async () => (await import('./projects.js')).define,
  ],
  [
    'inspect [options] <event-id>',
    "one event's whole story",
    async () => (await import('./inspect.js')).define,
  ],
  ['events [options]', 'list or export events', async () => (await import('./events.js')).define],
  [
    'retry [options]',
    'try again what failed or was rejected',
    async () => (await import('./requeue.js')).defineRetry,
  ],
  [
    'replay [options]',
    'deliver again what was delivered',
    async () => (await import('./requeue.js')).defineReplay,
  ],
  [
    'diff [options] <A> <B>',
    'what one target has and another has not',
    async () => (await import('./diff.js')).define,
  ],
  ['doctor', 'what is wrong and what fixes it', async () => (await import('./doctor.js')).define],
  [
    'gc [options]',
    'delete payload bytes that every target has',
    async () => (await import('./gc.js')).define,
  ],
  [
    'archive [options]',
    'move payload bytes into files that can be restored',
    async () => (await import('./archive.js')).define,
  ],
  [
    'restore [options] <archives...>',
    'restore archived events',
    async () => (await import('./restore.js')).define,
  ],
  [
    'redact [options] <event-id>',
    'erase an event that should never have been captured',
    async () => (await import('./redact.js')).define,
  ],
  [
    'verify [options]',
    'check journal, ledger and archives',
    async () => (await import('./verify.js')).define,
  ],
  ['enqueue', 'add a job for a worker', async () => (await import('./enqueue.js')).define],
  ['jobs', 'jobs of the workers and their results', async () => (await import('./jobs.js')).define],
  ['schedule', 'jobs at fixed times', async () => (await import('./schedule.js')).define],
  [
    'audit',
    'what OPT_OUT was not allowed to discard',
    async () => (await import('./audit.js')).define,
  ],
  [
    'config',
    'every setting in force and where it comes from',
    async () => (await import('./config.js')).define,
  ],
  [
    'serve [options]',
    'a receiver for trying things out',
    async () => (await import('./serve.js')).define,
  ],
  [
    'migrate [options]',
    'import the old queue files into the journal',
    async () => (await import('./spec-kitty/migrate.js')).define,
  ],
  [
    'conflicts',
    'two contents for one event id, and which to keep',
    async () => (await import('./conflicts.js')).define,
  ],
];

/** Names of all commands. */
export const COMMAND_NAMES: readonly string[] = COMMANDS.map(([term]) => nameOf(term));

/**
 * The command line. Only commands that `words` names have their options: with
 * them comes all the code they need. `ended` is told the exit code.
 */
export async function buildProgram(
  words: readonly string[],
  ended: (exitCode: number) => void,
): Promise<Command> {
  const program = emptyProgram();
  const run = runner(ended);
  for (const [term, summary, load] of COMMANDS) {
    const command = program.command(nameOf(term)).summary(summary);
    if (words.includes(command.name())) (await load())(command, run);
  }
  refuseRepeats(program);
  return program;
}

function nameOf(term: string): string {
  return term.split(' ', 1)[0] ?? term;
}

const EXIT_CODES = `
Exit codes: 0 done, 1 internal failure, 2 a check did not hold, 3 some input was bad,
4 two servers are named, 5 conflict, 6 nothing could be sent, 7 failures in this pass,
8 discard refused, 9 events lost, 64 usage, 129, 130 and 143 ended by a signal.`;

function emptyProgram(): Command {
  return new Command('redrain')
    .description('Keep every event. Drain it to any target. Drain it again.')
    .version(VERSION)
    .option('--home <dir>', 'home directory (else REDRAIN_HOME, SPEC_KITTY_HOME, ~/.spec-kitty)')
    .option('--json', 'one JSON document on stdout')
    .option('--verbose', 'say more')
    .option('--quiet', 'say nothing but errors')
    .option('--unsafe-home', 'accept a home on a network file system')
    .configureHelp({ showGlobalOptions: true, subcommandTerm: termOf })
    .addHelpText('after', EXIT_CODES)
    .showHelpAfterError('(redrain COMMAND --help shows what is possible)')
    .configureOutput({
      writeOut: (text) => stdout().write(text),
      writeErr: (text) => stderr().write(forTerminal(text)),
    })
    .exitOverride();
}

/** The options of a command that was not named are not known: its term is. */
function termOf(command: Command): string {
  const isInGroup = command.parent?.parent != null;
  const term = COMMANDS.find(([known]) => nameOf(known) === command.name())?.[0];
  return isInGroup || term === undefined ? new Help().subcommandTerm(command) : term;
}

/** Turns what a command does, and how it fails, into an exit code. */
function runner(ended: (exitCode: number) => void): RunCommand {
  return <Options>(body: CommandBody<Options>) =>
    async (...parameters: unknown[]) => {
      const command = parameters.at(-1) as Command;
      const globals = command.optsWithGlobals<GlobalOptions>();
      try {
        ended(await body({ args: command.args, options: command.opts() as Options, globals }));
      } catch (error) {
        const { reportFailure } = await import('./failure.js');
        ended(reportFailure(error, new Output(globals)));
      }
    };
}
