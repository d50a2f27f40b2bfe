import { Argument } from 'commander';
import { EXIT } from '../base/exit-codes.js';
import { stdout } from '../output/standard.js';
import { type CommandBody, type DefineCommand, example } from './command.js';
import { SHELLS, type Shell, scriptFor } from './completion/scripts.js';

/** `redrain completion SHELL`: the script that makes a shell complete commands of redrain. */
export const define: DefineCommand = (command, run) => {
  command
    .description(
      'Print the script that completes commands, options, and the names of this home. For bash: `source <(redrain completion bash)` in ~/.bashrc; for zsh the same in ~/.zshrc, after compinit; for fish: `redrain completion fish > ~/.config/fish/completions/redrain.fish`.',
    )
    .addArgument(new Argument('<shell>', 'the shell that reads it').choices(SHELLS))
    .addHelpText('after', example('redrain completion bash'))
    .action(run(completion));
};

const completion: CommandBody = async ({ args }) => {
  stdout().write(scriptFor(args[0] as Shell));
  return EXIT.done;
};
