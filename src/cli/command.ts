import type { Command } from 'commander';
import { App } from '../app/app.js';
import type { GlobalOptions } from './output.js';

/** A command as it was typed. */
export interface CommandCall<Options = object> {
  readonly args: readonly string[];
  readonly options: Options;
  readonly globals: GlobalOptions;
}

/** What a command does. Resolves with its exit code. */
export type CommandBody<Options = object> = (call: CommandCall<Options>) => Promise<number>;

/** Makes the action of a command: its body with the error handling that all share. */
export type RunCommand = <Options>(
  body: CommandBody<Options>,
) => (...parameters: unknown[]) => Promise<void>;

/** What the command line may say in the home that it is typed for. */
export interface ProgramOptions {
  /** True where nothing is Spec Kitty's: its commands work, and no help names them. */
  readonly isNeutral?: boolean;
}

/** Declares arguments and options of a command, or the commands of a group. */
export type DefineCommand = (command: Command, run: RunCommand, told?: ProgramOptions) => void;

/** One example line below the help of a command. */
export function example(line: string): string {
  return `\nExample:\n  ${line}`;
}

/** Opens the home that the command line names, and closes it when the work is done. */
export async function withApp<T>(
  { globals: { home, unsafeHome } }: Pick<CommandCall, 'globals'>,
  work: (app: App) => Promise<T>,
): Promise<T> {
  const app = new App({ home, unsafeHome: unsafeHome === true });
  try {
    return await work(app);
  } finally {
    await app.close();
  }
}
