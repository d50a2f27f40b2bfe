import { Command, Help } from 'commander';
import { refuseRepeats } from '../base/options.js';
import { stderr, stdout } from '../output/standard.js';
import { VERSION } from '../version.js';
import { errorColor, forTerminal } from './color.js';
import type { CommandBody, DefineCommand, ProgramOptions, RunCommand } from './command.js';
import { EXIT_MEANINGS, SPEC_KITTY_CODE } from './exit-meanings.js';
import { forScreen } from './fold.js';
import { assertOneForm, type GlobalOptions, Output } from './output.js';
import { screenOf } from './screen.js';

/** How the help of redrain lists a command, and what declares its options and does its work. */
type Listed = readonly [
  name: string,
  summary: string,
  /** Called when the command is typed: with it comes all the code it needs. */
  load: () => Promise<DefineCommand>,
];

/** The group that only users of Spec Kitty need. */
const SPEC_KITTY = 'Spec Kitty';

/** Every command, in the groups and the order of the help. */
const GROUPS: readonly (readonly [heading: string, commands: readonly Listed[]])[] = [
  [
    'Start',
    [
      ['init', 'set up a home: where events go', async () => (await import('./init.js')).define],
      [
        'demo',
        'see the main job in a few seconds, on this machine alone',
        async () => (await import('./demo.js')).define,
      ],
      [
        'capture',
        'write events into the journal',
        async () => (await import('./capture.js')).define,
      ],
      [
        'targets',
        'declare, test and list the targets of events',
        async () => (await import('./targets.js')).define,
      ],
      [
        'use',
        'make a target the active one',
        async () => (await import('./target-declare.js')).defineUse,
      ],
      [
        'now',
        'send what is due to the active target, or to others',
        async () => (await import('./now.js')).define,
      ],
      [
        'serve',
        'run a receiver for trying things out',
        async () => (await import('./serve.js')).define,
      ],
      [
        'receive',
        'take events over HTTP, from programs and other homes',
        async () => (await import('./receive.js')).define,
      ],
    ],
  ],
  [
    'Look',
    [
      [
        'status',
        'what is in the journal, where it was delivered, what waits',
        async () => (await import('./status.js')).define,
      ],
      [
        'top',
        'every target, worker and queue, live',
        async () => (await import('./top.js')).define,
      ],
      ['open', 'see all of it in a browser, live', async () => (await import('./open.js')).define],
      ['events', 'list or export events', async () => (await import('./events.js')).define],
      [
        'inspect',
        'the whole story of one event',
        async () => (await import('./inspect.js')).define,
      ],
      [
        'diff',
        'what one target has and another has not',
        async () => (await import('./diff.js')).define,
      ],
      [
        'edges',
        'homes that send to this one, and their tokens',
        async () => (await import('./edges.js')).define,
      ],
      [
        'doctor',
        'what is wrong and what fixes it',
        async () => (await import('./doctor.js')).define,
      ],
      [
        'audit',
        'events that could not be discarded, or are kept here only',
        async () => (await import('./audit.js')).define,
      ],
    ],
  ],
  [
    'Repair',
    [
      [
        'retry',
        'try again what failed or was rejected',
        async () => (await import('./requeue.js')).defineRetry,
      ],
      [
        'replay',
        'deliver again what was delivered',
        async () => (await import('./requeue.js')).defineReplay,
      ],
      [
        'conflicts',
        'two contents for one event id, and which to keep',
        async () => (await import('./conflicts.js')).define,
      ],
    ],
  ],
  [
    'Keep house',
    [
      [
        'gc',
        'delete payload bytes that every target has',
        async () => (await import('./gc.js')).define,
      ],
      [
        'archive',
        'move payload bytes into files that can be restored',
        async () => (await import('./archive.js')).define,
      ],
      ['restore', 'restore archived events', async () => (await import('./restore.js')).define],
      [
        'redact',
        'erase an event that should never have been captured',
        async () => (await import('./redact.js')).define,
      ],
      [
        'verify',
        'check journal, ledger and archives',
        async () => (await import('./verify.js')).define,
      ],
      [
        'storage',
        'where the journal is kept: make, check, move',
        async () => (await import('./storage.js')).define,
      ],
    ],
  ],
  [
    'Workers',
    [
      [
        'worker',
        'run for weeks and do the jobs that wait',
        async () => (await import('./worker.js')).define,
      ],
      ['enqueue', 'add a job for a worker', async () => (await import('./enqueue.js')).define],
      [
        'jobs',
        'jobs of the workers and their results',
        async () => (await import('./jobs.js')).define,
      ],
      ['schedule', 'jobs at fixed times', async () => (await import('./schedule.js')).define],
    ],
  ],
  [
    'Settings',
    [
      [
        'config',
        'read, change and check settings, and where they come from',
        async () => (await import('./config.js')).define,
      ],
      [
        'mode',
        'show or set what happens to events',
        async () => (await import('./mode.js')).define,
      ],
      [
        'projects',
        'which projects may leave for targets that get only allowed ones',
        async () => (await import('./projects.js')).define,
      ],
      [
        'completion',
        'completion of commands and names for bash, zsh and fish',
        async () => (await import('./completion.js')).define,
      ],
    ],
  ],
  [
    SPEC_KITTY,
    [
      [
        'server',
        'show or set the server',
        async () => (await import('./spec-kitty/server.js')).define,
      ],
      [
        'login',
        'get tokens for a server',
        async () => (await import('./spec-kitty/login.js')).define,
      ],
      [
        'logout',
        'forget the tokens of a server',
        async () => (await import('./spec-kitty/logout.js')).define,
      ],
      [
        'migrate',
        'import the old queue files into the journal',
        async () => (await import('./spec-kitty/migrate.js')).define,
      ],
    ],
  ],
];

const COMMANDS = GROUPS.flatMap(([, commands]) => commands);

/** Names of those that only users of Spec Kitty need. */
export const SPEC_KITTY_COMMANDS: readonly string[] = GROUPS.filter(
  ([heading]) => heading === SPEC_KITTY,
).flatMap(([, commands]) => commands.map(([name]) => name));

/** Names of all commands. */
export const COMMAND_NAMES: readonly string[] = COMMANDS.map(([name]) => name);

/**
 * The command line. Only commands that `words` names have their options: with
 * them comes all the code they need. `ended` is told the exit code.
 */
export async function buildProgram(
  words: readonly string[],
  ended: (exitCode: number) => void,
  { isNeutral = false }: ProgramOptions = {},
): Promise<Command> {
  const program = emptyProgram(isNeutral);
  const run = runner(ended);
  for (const [heading, commands] of GROUPS) {
    const hidden = isNeutral && heading === SPEC_KITTY;
    for (const [name, summary, load] of commands) {
      const command = program.command(name, { hidden }).summary(summary).helpGroup(`${heading}:`);
      // One of its own: that of the root stands in a group of the root.
      command.helpCommand(...HELP_COMMAND);
      if (!words.includes(name)) continue;
      (await load())(command, run, { isNeutral });
      // Among its commands it is named; where there are none, it would stand alone.
      if (command.commands.length === 0) command.helpCommand(false);
    }
  }
  refuseRepeats(program);
  return program;
}

/** Below the help. */
function exitCodes(isNeutral: boolean): string {
  const listed = EXIT_MEANINGS.filter(([codes]) => !isNeutral || codes !== SPEC_KITTY_CODE);
  const text = listed.map((one) => one.join(' ')).join(', ');
  return `\n${new Help().boxWrap(`Exit codes: ${text}.`, HELP_WIDTH)}`;
}

const HELP_COMMAND = ['help [command]', 'show the help of a command'] as const;

/** The narrowest terminal that the help is written for. */
const HELP_WIDTH = 80;

function emptyProgram(isNeutral: boolean): Command {
  return new Command('redrain')
    .description('Keep every event. Drain it to any target. Drain it again.')
    .version(VERSION, '-V, --version', 'show the version')
    .option('--home <dir>', 'home directory, before that of the environment')
    .option('--json', 'one JSON document on stdout')
    .option('--verbose', 'say more')
    .option('--quiet', 'say nothing but errors')
    .option('--unsafe-home', 'accept a home on a network file system')
    .commandsGroup('Settings:')
    .helpOption('-h, --help', 'show the help of a command')
    .helpCommand(...HELP_COMMAND)
    .configureHelp({
      showGlobalOptions: true,
      subcommandTerm: termOf,
      subcommandDescription: shortDescription,
    })
    .addHelpText('after', exitCodes(isNeutral))
    .showHelpAfterError('(redrain COMMAND --help shows what is possible)')
    .configureOutput({
      writeOut: (text) => stdout().write(text),
      writeErr: (text) => stderr().write(forTerminal(text)),
      outputError: (text, write) =>
        write(
          forScreen(text, undefined, screenOf(process.stderr)).replace(
            /^error:/,
            errorColor.red('error:'),
          ),
        ),
    })
    .exitOverride();
}

/** Of the root only the name: what else it takes is not loaded, and every line fits. */
function termOf(command: Command): string {
  return command.parent?.parent == null ? command.name() : new Help().subcommandTerm(command);
}

/** One line in a list: the summary, or else the first sentence of the description, worded like one. */
function shortDescription(command: Command): string {
  const [sentence = ''] = command.description().split(/\.(?: |$)/);
  return command.summary() || sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

/** Turns what a command does, and how it fails, into an exit code. */
function runner(ended: (exitCode: number) => void): RunCommand {
  return <Options>(body: CommandBody<Options>) =>
    async (...parameters: unknown[]) => {
      const command = parameters.at(-1) as Command;
      const globals = command.optsWithGlobals<GlobalOptions>();
      try {
        assertOneForm(globals);
        ended(await body({ args: command.args, options: command.opts() as Options, globals }));
      } catch (error) {
        const { reportFailure } = await import('./failure.js');
        ended(reportFailure(error, new Output(globals)));
      }
    };
}
