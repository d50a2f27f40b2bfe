import type { Command } from 'commander';
import { repeatable } from '../base/options.js';
import { UsageError } from './failure.js';

/** These options as typed. */
export interface TargetOptions {
  readonly target?: string;
  readonly to: readonly string[];
}

/** `--target` for one target, `--to` for each of several. `without` says which it is when neither is there. */
export function addTargets(command: Command, without: string): Command {
  return command
    .option('--target <target>', `a target, by name, id or address; ${without}`)
    .addOption(repeatable('--to <target>', 'the same for several'));
}

/** Those that were named, each once. @throws UsageError where both options are given. */
export function targetsGiven({ target, to }: TargetOptions): string[] {
  if (target !== undefined && to.length > 0)
    throw new UsageError('--target and --to name the same: use --to for each target');
  return [...new Set([...to, ...(target === undefined ? [] : [target])])];
}
