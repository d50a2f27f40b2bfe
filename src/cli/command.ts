import type { GlobalOptions } from './output.js';

/** A command as it was typed. */
export interface CommandCall {
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly globals: GlobalOptions;
}

/** What a command does. Answers its exit code. */
export type CommandBody = (call: CommandCall) => Promise<number>;

/** A command with its options declared; what it does is loaded when it is called. */
export type RunCommand = (
  load: () => Promise<{ run: CommandBody }>,
) => (...parameters: unknown[]) => Promise<void>;
