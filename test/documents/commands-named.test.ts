import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { SPEC_KITTY_COMMANDS } from '../../src/cli/program.js';
import { documentText, namesIn, rowsOf } from '../support/markdown.js';
import { type DocumentedCommand, documentedCommands } from './command-tree.js';
import { documents } from './documents.js';
import { commandsTyped } from './typed-commands.js';

const commands = new Map(documentedCommands().map((each) => [each.words.join(' '), each]));
const root = commands.get('') as DocumentedCommand;
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  scripts: Record<string, string>;
};

/** Options of programs that are not redrain's, and of its scripts. */
const OTHERS = ['--stop-timeout', '--in', '--tests'];

/** What is wrong with a command line as far as the program can tell without running it. */
function wrongIn(words: readonly string[]): string[] {
  let command = root;
  for (const word of words) {
    const next = commands.get([...command.words, word].join(' '));
    if (next === undefined) break;
    command = next;
  }
  const said = `redrain ${words.join(' ')}`;
  const isKnown = command !== root || words[0]?.startsWith('-') || words.length === 0;
  const flags = words.filter((word) => word.startsWith('--')).map((word) => word.split('=')[0]);
  const strange = flags.filter((flag) => !command.options.has(flag ?? ''));
  return [...(isKnown ? [] : [said]), ...strange.map((flag) => `${said}: ${flag}`)];
}

const workerFlags = (): string[] =>
  [...readFileSync('src/workers/worker-options.ts', 'utf8').matchAll(/'(--[a-z-]+)/g)].map(
    ([, flag]) => flag ?? '',
  );

describe('the commands that the documents name', () => {
  it('exist, with every flag they are given', () => {
    const typed = documents().flatMap((path) =>
      commandsTyped(documentText(path)).map((words) => ({ path, words })),
    );
    expect(typed.length).to.be.greaterThan(80);
    const wrong = typed.flatMap(({ path, words }) =>
      wrongIn(words).map((what) => `${path}: ${what}`),
    );
    expect(wrong).to.deep.equal([]);
  });

  it('and a wrong one would be seen', () => {
    const text = 'Type `redrain nwo`.\n```sh\nX=1 redrain now --wiat=5m | cat --all\n```\n';
    expect(commandsTyped(text).flatMap(wrongIn)).to.deep.equal([
      'redrain now --wiat=5m: --wiat',
      'redrain nwo',
    ]);
  });

  it('flags that stand alone belong to some command or worker', () => {
    const known = new Set([...commands.values()].flatMap(({ options }) => [...options]));
    for (const flag of [...workerFlags(), ...OTHERS]) known.add(flag);
    const strange = documents().flatMap((path) =>
      namesIn(documentText(path).replaceAll(/^```[\s\S]*?^```$/gm, ''))
        .flatMap((span) => /^--[a-z-]+/.exec(span)?.[0] ?? [])
        .filter((flag) => !known.has(flag))
        .map((flag) => `${path}: ${flag}`),
    );
    expect(strange).to.deep.equal([]);
  });

  it('are all in the table of the README or of Spec Kitty’s page, and no others', () => {
    const listed = (page: string): string[] =>
      rowsOf(documentText(page), 'command')
        .flatMap(({ names }) => names)
        .map((name) => name.split(' ')[0] ?? '');
    const theirs = listed('docs/spec-kitty.md').filter((name) => name !== 'mode');
    expect(theirs).to.have.members(SPEC_KITTY_COMMANDS);
    expect([...listed('README.md'), ...theirs]).to.have.members(root.subcommands);
  });

  it('are listed by the help, each on one line', () => {
    for (const name of root.subcommands)
      expect(root.help, name).to.match(new RegExp(`^  ${name} +\\S.*$`, 'm'));
  });

  it('scripts of npm exist', () => {
    const run = documents().flatMap((path) =>
      [...documentText(path).matchAll(/\bnpm (?:run (?:--silent )?([\w:]+)|(test)\b)/g)].map(
        ([, script, test]) => ({ path, script: script ?? test ?? '' }),
      ),
    );
    expect(run.length).to.be.greaterThan(10);
    expect(run.filter(({ script }) => scripts[script] === undefined)).to.deep.equal([]);
  });
});
