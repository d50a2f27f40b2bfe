import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { programs } from '../support/comments.js';
import { documents } from './documents.js';

/** Words that a reader whose second language is English has to look up, and what is said in their place. */
const PLAINER: readonly (readonly [word: RegExp, better: string])[] = [
  [/\bmend(?:s|ed|ing)?\b/i, 'fix, repair'],
  [/\/\*\* Answers (?:how|whether|what|which|the|true|false|null|undefined|nothing)\b/, 'Returns'],
  [/; answers (?:the|what|how|whether|its|their|all|those|true|false)\b/, 'returns'],
  [/\bspeak(?:s|ing)? (?:of|for)\b|\bspoken? (?:of|for)\b/i, 'name, be about, apply to'],
  [
    /\bgive(?:s|n)? up (?:its |their )?(?:bytes|payloads)\b|\b(?:bytes|payloads) up(?! to)\b/i,
    'delete',
  ],
  [/\bbeliev(?:e|es|ed|ing)\b/i, 'trust, accept'],
  [/\bseldom\b/i, 'rarely'],
  [/\bfor ever\b/i, 'forever'],
  [/\bin vain\b/i, 'without success'],
  [/\bwholly\b/i, 'completely'],
  [/\bbe had\b/i, 'be available, be opened'],
  [/\bfor want of\b/i, 'without'],
  [/\banew\b/i, 'again'],
  [/\bin silence\b/i, 'silently'],
  [/\bthat (?:is|are) none\b/i, 'invalid'],
];

const HERE = 'test/documents/words.test.ts';

/** Every line of these texts with such a word. */
function found(path: string, text: string): string[] {
  return text.split('\n').flatMap((line, index) =>
    PLAINER.flatMap(([word, better]) => {
      const said = word.exec(line)?.[0];
      return said === undefined ? [] : [`${path}:${index + 1}: "${said}": ${better}`];
    }),
  );
}

/** A command with more words around it, and nothing that sets it off from them. */
const BARE_COMMAND =
  /(?:^|[^`\w])redrain (?:[a-z-]+ )+(?:(?:ID|NAME|\$\{\w+\}|--\w+) )*(?:says|lists|shows|names|ends|finishes|fixes|sends|takes|then)\b/;

describe('plain words', () => {
  it('are used in programs, comments, messages, test titles and documents', () => {
    const paths = [...programs(), ...documents()].filter((path) => path !== HERE);
    expect(paths.length).to.be.greaterThan(500);
    const hits = paths.flatMap((path) => found(path, readFileSync(path, 'utf8')));
    expect(hits.join('\n')).to.equal('');
  });

  it('in a message a command stands in backticks', () => {
    const lines = programs()
      .filter((path) => path.startsWith('src/'))
      .flatMap((path) => readFileSync(path, 'utf8').split('\n'));
    expect(lines.length).to.be.greaterThan(20_000);
    const messages = lines.filter((line) => !/^ *(?:\*|\/[*/])/.test(line));
    expect(messages.filter((line) => BARE_COMMAND.test(line))).to.deep.equal([]);
    expect('redrain gc says what').to.match(BARE_COMMAND);
    expect('`redrain gc` says what').to.not.match(BARE_COMMAND);
  });

  it('another word is seen', () => {
    expect(found('a', 'OK\n/** Answers how many it mended. */')).to.deep.equal([
      'a:2: "mended": fix, repair',
      'a:2: "/** Answers how": Returns',
    ]);
    expect(found('a', 'it answers requests, gives up after a minute, and trusts nobody')).to.be
      .empty;
  });
});
