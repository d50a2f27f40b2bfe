import { buildProgram, COMMAND_NAMES } from '../program.js';
import { type CommandNode, treeOf } from './tree.js';

/** The tree of the whole program, with all that its commands declare. */
export const programTree = async (): Promise<CommandNode> =>
  treeOf(await buildProgram(COMMAND_NAMES, () => undefined));
