import type { ArgumentNode, CommandNode, OptionNode } from './tree.js';

/** One word that may stand where the cursor is. */
export interface Candidate {
  readonly word: string;
  /** One line; empty for none. */
  readonly description: string;
}

/** What may stand where the cursor is. */
export interface Completion {
  readonly candidates: readonly Candidate[];
  /** Names of files or directories may stand there too; the shell knows them. */
  readonly paths: 'none' | 'files' | 'directories';
}

/** Words that only the home knows; each is read when it is asked for. */
export interface HomeWords {
  targets(): readonly string[];
  types(): readonly string[];
  projects(): readonly string[];
}

/** What each kind of argument is completed with; nothing for those that are not here. */
export type WordSources = Readonly<Record<string, () => readonly string[]>>;

const NONE: Completion = { candidates: [], paths: 'none' };

/**
 * What may stand in place of the last of these words, which may be empty. The
 * words are those behind `redrain`, without the quotes of the shell.
 */
export function complete(
  tree: CommandNode,
  words: readonly string[],
  sources: WordSources,
): Completion {
  const current = words.at(-1) ?? '';
  const at = walk(tree, words.slice(0, -1));
  if (at.pending !== null) return valuesOf(at.pending, current, sources, '');
  if (at.isRaw) return argumentsAt(at, current, sources);
  const [, flag = '', value = ''] = /^(--[^=]+)=(.*)$/s.exec(current) ?? [];
  if (flag !== '') {
    const option = at.optionOf(flag);
    return option?.value ? valuesOf(option.value, value, sources, `${flag}=`) : NONE;
  }
  if (current.startsWith('-')) return flagsAt(at, current);
  const commands = at.arguments > 0 ? [] : at.node.commands.filter(({ isHidden }) => !isHidden);
  const named = commands
    .filter(({ name }) => name.startsWith(current))
    .map(({ name, summary }) => ({ word: name, description: summary }));
  const { candidates, paths } = argumentsAt(at, current, sources);
  return { candidates: [...named, ...candidates], paths };
}

/** Where the words before the cursor lead. */
class Place {
  readonly path: CommandNode[];
  readonly given = new Set<OptionNode>();
  /** Arguments of the command that were given already. */
  arguments = 0;
  /** The value that the last option waits for. */
  pending: ArgumentNode | null = null;
  /** Behind `--`: no word is an option any more. */
  isRaw = false;

  constructor(root: CommandNode) {
    this.path = [root];
  }

  get node(): CommandNode {
    return this.path.at(-1) as CommandNode;
  }

  /** Options of the command, and those of the commands that it is in. */
  get options(): OptionNode[] {
    return this.path.toReversed().flatMap(({ options }) => options);
  }

  optionOf(flag: string): OptionNode | undefined {
    return this.options.find(({ flags }) => flags.includes(flag));
  }
}

function walk(root: CommandNode, words: readonly string[]): Place {
  const place = new Place(root);
  let taken = false;
  for (const word of words) {
    const { pending } = place;
    const isValue = pending !== null && (!word.startsWith('-') || (pending.isRequired && !taken));
    if (isValue) {
      taken = true;
      if (pending?.isVariadic !== true) place.pending = null;
      continue;
    }
    place.pending = null;
    taken = false;
    step(place, word);
  }
  // A value that may be left out can be followed by anything.
  if (place.pending?.isRequired === false && taken) place.pending = null;
  return place;
}

function step(place: Place, word: string): void {
  if (place.isRaw) place.arguments += 1;
  else if (word === '--') place.isRaw = true;
  else if (word.startsWith('-')) takeOption(place, word);
  else takeWord(place, word);
}

function takeOption(place: Place, word: string): void {
  const option = place.optionOf(word.split('=', 1)[0] ?? word);
  if (option === undefined) return;
  place.given.add(option);
  if (!word.includes('=')) place.pending = option.value;
}

function takeWord(place: Place, word: string): void {
  const named = place.node.commands.find(({ name }) => name === word);
  if (named !== undefined && place.arguments === 0) place.path.push(named);
  else place.arguments += 1;
}

function flagsAt(place: Place, current: string): Completion {
  const open = place.options.filter((one) => one.isRepeatable || !place.given.has(one));
  const candidates = open.flatMap(({ flags, description }) =>
    flags
      .filter((flag) => flag.startsWith(current) && (flag.startsWith('--') || current === flag))
      .map((word) => ({ word, description })),
  );
  return { candidates, paths: 'none' };
}

function argumentsAt({ node, arguments: given }: Place, current: string, sources: WordSources) {
  const argument = node.arguments[given] ?? node.arguments.findLast(({ isVariadic }) => isVariadic);
  return argument === undefined ? NONE : valuesOf(argument, current, sources, '');
}

function valuesOf(
  { name, choices }: ArgumentNode,
  current: string,
  sources: WordSources,
  before: string,
): Completion {
  const words = choices.length > 0 ? choices : (sources[name]?.() ?? []);
  const candidates = words
    .filter((word) => word.startsWith(current))
    .map((word) => ({ word: `${before}${word}`, description: '' }));
  return { candidates, paths: PATHS[name] ?? 'none' };
}

const PATHS: Readonly<Record<string, Completion['paths']>> = {
  file: 'files',
  files: 'files',
  archives: 'files',
  path: 'files',
  dir: 'directories',
};
