import type { EventEmitter } from 'node:events';
import type { Argument, Command, Option } from 'commander';

/** What the command line has, as data: completion and the man page are made from it. */
export interface CommandNode {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  /** The heading that the help lists it under. */
  readonly group: string;
  /** Typed like any other, and never offered. */
  readonly isHidden: boolean;
  readonly options: readonly OptionNode[];
  readonly arguments: readonly ArgumentNode[];
  readonly commands: readonly CommandNode[];
  /** The command that is meant where none is named. */
  readonly defaultCommand: string | null;
  readonly examples: readonly string[];
}

export interface OptionNode {
  /** `-h`, `--help`. */
  readonly flags: readonly string[];
  /** As the help writes it: `--limit <n>`. */
  readonly term: string;
  readonly description: string;
  readonly value: ArgumentNode | null;
  readonly isRepeatable: boolean;
}

export interface ArgumentNode {
  /** What it is called: `target`, `file`. */
  readonly name: string;
  readonly description: string;
  readonly isRequired: boolean;
  readonly isVariadic: boolean;
  readonly choices: readonly string[];
}

/** The tree below a command whose options are all declared. */
export function treeOf(command: Command): CommandNode {
  const help = command.createHelp();
  const listed = new Set(help.visibleCommands(command));
  return {
    name: command.name(),
    summary: command.summary(),
    description: command.description(),
    group: command.helpGroup().replace(/:$/, ''),
    isHidden:
      command.parent != null &&
      !command.parent.createHelp().visibleCommands(command.parent).includes(command),
    options: help.visibleOptions(command).map(optionNode),
    arguments: command.registeredArguments.map(argumentNode),
    commands: command.commands
      .filter((one) => one.name() !== 'help' || listed.has(one))
      .map(treeOf),
    defaultCommand: defaultOf(command),
    examples: examplesOf(command),
  };
}

const defaultOf = (command: Command): string | null =>
  (command as unknown as { _defaultCommandName?: string | null })._defaultCommandName ?? null;

function optionNode(option: Option): OptionNode {
  const takes = option.required || option.optional;
  const name = /[<[]([^>\]]+?)(?:\.\.\.)?[>\]]/.exec(option.flags)?.[1] ?? 'value';
  return {
    flags: [option.short, option.long].filter((flag) => flag !== undefined),
    term: option.flags,
    description: option.description,
    value: takes
      ? {
          name,
          description: '',
          isRequired: option.required,
          isVariadic: option.variadic,
          choices: option.argChoices ?? [],
        }
      : null,
    isRepeatable: Array.isArray(option.defaultValue) || option.variadic,
  };
}

const argumentNode = (argument: Argument): ArgumentNode => ({
  name: argument.name(),
  description: argument.description,
  isRequired: argument.required,
  isVariadic: argument.variadic,
  choices: argument.argChoices ?? [],
});

/** The lines that the help shows below `Example:`. */
function examplesOf(command: Command): string[] {
  let text = '';
  const events = command as unknown as EventEmitter;
  const listeners = events.listeners('afterHelp') as ((context: HelpContext) => void)[];
  const context = { error: false, command, write: (more: string) => (text += more) };
  for (const listener of listeners) listener(context);
  return text
    .split('\nExample:\n')
    .slice(1)
    .map((line) => line.trim());
}

interface HelpContext {
  readonly error: boolean;
  readonly command: Command;
  write(text: string): void;
}
