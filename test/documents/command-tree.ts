import type { Command } from 'commander';
import { buildProgram, COMMAND_NAMES } from '../../src/cli/program.js';

/** A command as its help presents it. */
export interface DocumentedCommand {
  /** Its words after `redrain`; none for the root. */
  readonly words: readonly string[];
  /** What `--help` prints. */
  readonly help: string;
  /** Long names of its options, the global ones included: `--home`. */
  readonly options: ReadonlySet<string>;
  readonly subcommands: readonly string[];
}

const program = await buildProgram(COMMAND_NAMES, () => undefined);

/** Every command of the program, the root first. Runs none of them. */
export const documentedCommands = (): DocumentedCommand[] => described(program, [], []);

function described(
  command: Command,
  words: readonly string[],
  inherited: readonly string[],
): DocumentedCommand[] {
  const own = command.options.flatMap(({ long }) => long ?? []);
  const options = [...inherited, ...own, '--help'];
  const one = {
    words,
    help: helpOf(command),
    options: new Set(options),
    subcommands: command.commands.map((inner) => inner.name()),
  };
  const inner = command.commands.flatMap((next) =>
    described(next, [...words, next.name()], options),
  );
  return [one, ...inner];
}

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (more) => (text += more) }).outputHelp();
  return text;
}
