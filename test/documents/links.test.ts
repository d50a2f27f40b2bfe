import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect } from 'chai';
import { documentText } from '../support/markdown.js';
import { documents } from './documents.js';

/** Links of a document that lead to another place of this repository. */
function linksIn(text: string): string[] {
  const prose = text.replaceAll(/^```[\s\S]*?^```$/gm, '').replaceAll(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link]) => link ?? '')
    .filter((link) => !/^[a-z]+:/.test(link));
}

/** What a heading is called in the address of its section. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

const anchorsIn = (text: string): string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading ?? ''));

/** Undefined when the link leads somewhere. */
function deadEnd(document: string, link: string): string | undefined {
  const [file = '', anchor] = link.split('#');
  const path = file === '' ? document : normalize(join(dirname(document), file));
  if (!existsSync(path)) return `${document}: ${link}`;
  if (anchor === undefined || anchorsIn(documentText(path)).includes(anchor)) return undefined;
  return `${document}: ${link}`;
}

describe('the links of the documents', () => {
  const links = documents().flatMap((path) =>
    linksIn(documentText(path)).map((link) => ({ path, link })),
  );

  it('lead to what exists', () => {
    expect(links.length).to.be.greaterThan(15);
    expect(links.flatMap(({ path, link }) => deadEnd(path, link) ?? [])).to.deep.equal([]);
  });

  it('and a dead one would be seen', () => {
    expect(linksIn('[a](docs/a.md), [b](#b) and `[c](c.md)`')).to.deep.equal(['docs/a.md', '#b']);
    expect(deadEnd('README.md', 'docs/nowhere.md')).to.include('docs/nowhere.md');
    expect(deadEnd('README.md', '#nowhere')).to.include('#nowhere');
    expect(deadEnd('README.md', '#sixty-seconds-with-an-endpoint-of-your-own')).to.equal(undefined);
  });

  it('reach every document from the README', () => {
    const reached = new Set(['README.md']);
    for (const path of reached) for (const page of pagesFrom(path)) reached.add(page);
    expect([...reached]).to.include.members(documents().filter((path) => path !== 'CHANGELOG.md'));
  });
});

/** The documents that one links to; a folder stands for its README. */
function pagesFrom(path: string): string[] {
  return linksIn(documentText(path))
    .map((link) => normalize(join(dirname(path), link.split('#')[0] ?? '')))
    .map((to) => (to.endsWith('.md') ? to : join(to, 'README.md')))
    .filter((page) => existsSync(page));
}
