import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Command } from 'commander';
import { buildProgram, COMMAND_NAMES } from '../../src/cli/program.js';
import { CONFIG_KEYS } from '../../src/config/keys.js';
import { VERSION } from '../../src/version.js';
import { sourceFiles } from './source-imports.js';

/** Texts of a source file, comments left out. */
function textsOf(file: string): string[] {
  const source = readFileSync(file, 'utf8');
  const tokens = source.match(TOKEN) ?? [];
  return tokens.filter((token) => !token.startsWith('/'));
}

const TOKEN =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\[\s\S])*`/g;

/** A command in a text: "`redrain now`". */
const COMMAND = /\\?`redrain /;

/** A property or variable `message`, with the text that it is given. */
const MESSAGE = /\bmessage\s*[:=]\s*(?:'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[\s\S])*`)/g;

/** What errors are made of: the first argument of `super(…)` and `new …Error(…)`. */
function firstArguments(source: string): string[] {
  const starts = [...source.matchAll(/\b(?:super|new \w+Error)\(/g)];
  return starts.map(({ index, 0: call }) => {
    let text = '';
    let depth = 0;
    for (const [token] of source.slice(index + call.length).matchAll(PART)) {
      if (depth === 0 && /^[,)]$/.test(token)) break;
      if (/^[([{]$/.test(token)) depth += 1;
      if (/^[)\]}]$/.test(token)) depth -= 1;
      text += token;
    }
    return text.trim();
  });
}

/** A comment or a literal as a whole, else one character. */
const PART = new RegExp(`${TOKEN.source}|[\\s\\S]`, 'g');

describe('the words of the source', () => {
  it('the dispatcher tells no kind of target from another', () => {
    const kinds = sourceFiles('src/dispatch').flatMap((file) =>
      textsOf(file).filter((text) => /^.(teamspace|external|stub).$/i.test(text)),
    );
    expect(kinds).to.deep.equal([]);
    const asked = sourceFiles('src/dispatch').filter((file) =>
      /target\.kind|receiver\.kind|instanceof \w*Receiver/.test(readFileSync(file, 'utf8')),
    );
    expect(asked).to.deep.equal([]);
  });

  it('no parameter stands alone behind LIMIT: SQLite would prepare its statement for each use', () => {
    const alone = sourceFiles('src').flatMap((file) =>
      textsOf(file).filter((text) => /\bLIMIT\s+(\?|@\w+\b)(?!\s*\+ 0)/.test(text)),
    );
    expect(alone).to.deep.equal([]);
  });

  it('no message of an error holds a command: that is its advice', () => {
    const calls = sourceFiles('src').flatMap((file) =>
      firstArguments(readFileSync(file, 'utf8')).map((text) => `${file}: ${text}`),
    );
    expect(calls.length).to.be.above(200);
    expect(calls.filter((call) => COMMAND.test(call))).to.deep.equal([]);
    const messages = sourceFiles('src/dispatch', 'src/targets', 'src/spec-kitty', 'src/receivers')
      .flatMap((file) => readFileSync(file, 'utf8').match(MESSAGE) ?? [])
      .filter((text) => COMMAND.test(text));
    expect(messages).to.deep.equal([]);
  });

  it('the version is the one of the package', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(VERSION).to.equal(version);
  });
});

/** A word of the old queues for what Spec Kitty now calls a mission: redrain does not use it. */
const UNUSED = /feature/i;

/** Names of events that Spec Kitty sends: facts of others, which nobody can rename. */
const FACTS = /'Feature(?:Created|Completed)'/g;

describe('a word that the product does not use', () => {
  it('is in no command, flag, argument, choice or description', async () => {
    const program = await buildProgram(COMMAND_NAMES, () => undefined);
    const said = commandsOf(program).flatMap(wordsOf);
    expect(said).to.include.members(['capture', '--deployment', 'event-id', 'results']);
    expect(said.filter((words) => UNUSED.test(words))).to.deep.equal([]);
  });

  it('is in no key of the configuration', () => {
    const said = CONFIG_KEYS.flatMap(({ key, env, type, doc }) => [
      key ?? '',
      env ?? '',
      type,
      doc,
    ]);
    expect(said.filter((words) => UNUSED.test(words))).to.deep.equal([]);
  });

  it('is in no name and no text of the source, and so in no field of a document', () => {
    const files = sourceFiles('src', 'migrations');
    expect(files.length).to.be.greaterThan(100);
    const found = files.filter((file) => UNUSED.test(codeOf(file).replaceAll(FACTS, '')));
    expect(found).to.deep.equal([]);
  });
});

function commandsOf(command: Command): Command[] {
  return [command, ...command.commands.flatMap(commandsOf)];
}

/** Everything the help of one command is made of. */
function wordsOf(command: Command): string[] {
  const listed = [...command.options, ...command.registeredArguments];
  return [
    command.name(),
    ...command.aliases(),
    command.summary(),
    command.description(),
    ...command.options.flatMap(({ long, flags }) => [long ?? '', flags]),
    ...command.registeredArguments.map((argument) => argument.name()),
    ...listed.flatMap(({ description, argChoices }) => [description, ...(argChoices ?? [])]),
  ];
}

/** A source file without its comments. */
function codeOf(file: string): string {
  const source = readFileSync(file, 'utf8');
  return source.replaceAll(TOKEN, (token) => (token.startsWith('/') ? '' : token));
}
