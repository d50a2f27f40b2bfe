import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { sourceFiles } from '../architecture/source-imports.js';
import { commentsOf, programs } from '../support/comments.js';
import { documentText } from '../support/markdown.js';
import { documents } from './documents.js';

/** Something a reader is told to look up, and who tells them. */
interface Citation {
  readonly from: string;
  readonly text: string;
}

const comments = (): Citation[] =>
  programs().flatMap((path) =>
    commentsOf(readFileSync(path, 'utf8')).map(({ line, text }) => ({
      from: `${path}:${line}`,
      text,
    })),
  );

/** What the program says to its users: texts of the source that cite a page. */
const messages = (): Citation[] =>
  sourceFiles('src').flatMap((from) =>
    readFileSync(from, 'utf8')
      .split('\n')
      .filter((line) => /['"`]/.test(line))
      .map((text) => ({ from, text })),
  );

/** The prose of a document on one line; what its blocks show is held to the program elsewhere. */
const prose = (): Citation[] =>
  documents().map((path) => ({
    from: path,
    text: documentText(path)
      .replaceAll(/^```[\s\S]*?^```$/gm, '')
      .replaceAll(/\s+/g, ' '),
  }));

/** A page of this repository, with the heading in quotes or the name in backticks after it. */
const PAGE =
  /\b((?:docs\/[\w-]+|README|CONTRIBUTING|CHANGELOG)\.md)(?:, (?:"([^"]+)"|`([^`]+)`))?/g;

const FILE = /(?<![\w./-])(?:[\w.-]+\/)*[\w-]+(?:\.\w+)*\.(?:ts|mjs|sh)\b/g;

/** Names of documents that are not in this repository, and numbers of their parts; EXIT STATUS heads a part of a man page. */
const OUTSIDE =
  /(?<!EXIT )\b(?:SPEC(?:-2)?|WIRE|LEGACY|STATUS|DESIGN|INCIDENTS|FIELD-NOTES|HOUSE|STYLE)\b(?!_)|\b[Ss]ections? \d|\b[Ii]ssue #?\d|(?<![\w./-])shared\//;

function deadPages({ from, text }: Citation): string[] {
  return [...text.matchAll(PAGE)].flatMap(([said, page = '', heading, name]) => {
    if (!existsSync(page)) return [`${from}: ${said}`];
    const there = documentText(page);
    const isThere =
      (heading === undefined || headingsOf(there).includes(heading)) &&
      (name === undefined || there.includes(`\`${name}`));
    return isThere ? [] : [`${from}: ${said}`];
  });
}

const headingsOf = (text: string): string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading);

/** A file is cited by its path from the root, or by the end of it; `./x` is an example. */
function deadFiles({ from, text }: Citation): string[] {
  return [...text.matchAll(FILE)].flatMap(([file]) =>
    file.startsWith('./') || isFile(file) ? [] : [`${from}: ${file}`],
  );
}

const isFile = (file: string): boolean =>
  existsSync(file) || paths.some((path) => path.endsWith(`/${file}`));

const paths = programs();

describe('what comments, messages and documents cite', () => {
  const said = [...comments(), ...messages(), ...prose()];

  it('pages of this repository exist, with the heading or name that is given', () => {
    const cited = said.filter(({ text }) => text.search(PAGE) >= 0);
    expect(cited.length).to.be.greaterThan(60);
    expect(cited.flatMap(deadPages)).to.deep.equal([]);
  });

  it('files of this repository exist', () => {
    const dead = [...comments(), ...prose()].flatMap(deadFiles);
    expect(dead).to.deep.equal([]);
  });

  it('nothing outside this repository is cited', () => {
    const outside = said.filter(({ text }) => OUTSIDE.test(text));
    expect(outside.map(({ from, text }) => `${from}: ${text}`)).to.deep.equal([]);
  });

  it('a dead citation is seen', () => {
    const seen = (text: string) => [
      ...deadPages({ from: 'a', text }),
      ...deadFiles({ from: 'a', text }),
    ];
    expect(seen('docs/status.md, "Findings", README.md and drain.ts')).to.deep.equal([]);
    expect(seen('docs/nowhere.md')).to.deep.equal(['a: docs/nowhere.md']);
    expect(seen('docs/status.md, "Nowhere"')).to.have.lengthOf(1);
    expect(seen('docs/status.md, `nowhere`')).to.have.lengthOf(1);
    expect(seen('src/nowhere.ts, dispatch/nowhere.ts')).to.have.lengthOf(2);
    for (const text of ['the rule of SPEC section 9', '(STATUS.md)', 'issue 12', 'shared/facts'])
      expect(text).to.match(OUTSIDE);
    expect('STATUS_SQL, a shared one').to.not.match(OUTSIDE);
  });

  it('comments are found wherever they stand', () => {
    const source =
      "/** One\n * two. */\nf('// no'); // three\n  // four\n  // five\nconst SQL = `\n  -- six\n  SELECT 1`;\n";
    expect(commentsOf(source)).to.deep.equal([
      { line: 1, text: 'One two.' },
      { line: 3, text: 'three' },
      { line: 4, text: 'four five' },
      { line: 7, text: 'six' },
    ]);
  });
});
