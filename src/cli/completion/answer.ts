import { existsSync, readFileSync } from 'node:fs';
import { resolveHome } from '../../config/home.js';
import { CONFIG_KEYS } from '../../config/keys.js';
import { type Completion, complete, type HomeWords, type WordSources } from './complete.js';
import { homeWords } from './home-words.js';
import { splitLine } from './split-line.js';
import type { CommandNode } from './tree.js';

/**
 * What the scripts of the shells ask for: candidates, one a line, with a tab
 * before the description; the last line says whether the shell adds names of
 * files. `args`: the shell, then the words behind `redrain`; from bash the line
 * up to the cursor and the word that bash has found in it.
 *
 * Never fails: where anything is wrong there is nothing to offer.
 */
export async function answer(
  [shell = '', ...args]: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<string> {
  try {
    const words = shell === 'bash' ? splitLine(args[0] ?? '').slice(1) : args;
    const tree = await treeFor(words, env);
    const found = complete(tree, words, sourcesFor(words, env));
    const cut = shell === 'bash' ? lostBefore(words.at(-1) ?? '', args[1] ?? '') : 0;
    return textOf(found, cut, shell !== 'bash');
  } catch {
    return ':none\n';
  }
}

function textOf({ candidates, paths }: Completion, cut: number, described: boolean): string {
  const lines = candidates.map(({ word, description }) => {
    const shown = word.slice(cut);
    return described && description !== '' ? `${shown}\t${description}` : shown;
  });
  return [...lines, `:${paths}`, ''].join('\n');
}

/** Bash cuts words at `=` and `:` and replaces only what is behind the last cut. */
function lostBefore(word: string, ofBash: string): number {
  const kept = /^[=:]$/.test(ofBash) ? '' : ofBash;
  return word.endsWith(kept) ? word.length - kept.length : 0;
}

/** As the help of this home: where nothing is Spec Kitty's, its commands are not offered. */
async function treeFor(words: readonly string[], env: NodeJS.ProcessEnv): Promise<CommandNode> {
  const tree = await commandTree();
  // Asked only where it matters: it loads what reads a configuration.
  if (words.some((word) => tree.commands.some(({ name }) => name === word))) return tree;
  const { isNeutralHome } = await import('../../app/neutral-home.js');
  if (!(await isNeutralHome(homeIn(words), env))) return tree;
  const commands = tree.commands.map((one) =>
    one.group === 'Spec Kitty' ? { ...one, isHidden: true } : one,
  );
  return { ...tree, commands };
}

/** Beside the program as it is bundled; as it is compiled the program is asked. */
async function commandTree(): Promise<CommandNode> {
  for (const place of ['./commands.json', '../commands.json']) {
    const file = new URL(place, import.meta.url);
    if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as CommandNode;
  }
  const { programTree } = await import('./program-tree.js');
  return programTree();
}

function sourcesFor(words: readonly string[], env: NodeJS.ProcessEnv): WordSources {
  let home: HomeWords | undefined;
  const known = (): HomeWords => {
    home ??= homeWords(resolveHome({ home: homeIn(words), env }));
    return home;
  };
  const targets = () => known().targets();
  return {
    target: targets,
    A: targets,
    B: targets,
    type: () => known().types(),
    project: () => known().projects(),
    projects: () => known().projects(),
    key: configKeys,
    settings: () => settingsOfTarget().map((key) => `${key}=`),
  };
}

/** `--home DIR` as it was typed so far. */
function homeIn(words: readonly string[]): string | undefined {
  for (const [i, word] of words.entries()) {
    if (word.startsWith('--home=')) return word.slice('--home='.length);
    if (word === '--home' && i + 1 < words.length - 1) return words[i + 1];
  }
  return undefined;
}

/** Without their table, as `redrain config` takes them; names of the operator's own cannot be guessed. */
const configKeys = (): string[] =>
  CONFIG_KEYS.flatMap(({ key }) =>
    key === null || key.includes('*') ? [] : [key.slice('sync.'.length)],
  );

const settingsOfTarget = (): string[] =>
  CONFIG_KEYS.flatMap(({ key }) => /^sync\.targets\.\*\.(\w+)$/.exec(key ?? '')?.[1] ?? []);
