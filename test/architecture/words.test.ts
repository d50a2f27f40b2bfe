import { readFileSync } from 'node:fs';
import { expect } from 'chai';
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

  it('no text of a command uses a word that the product has given up', () => {
    const files = sourceFiles('src/cli');
    expect(files.length).to.be.greaterThan(10);
    const found = files.flatMap((file) =>
      textsOf(file)
        .filter((text) => /feature/i.test(text))
        .map((text) => `${file}: ${text}`),
    );
    expect(found).to.deep.equal([]);
  });

  it('the version is the one of the package', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(VERSION).to.equal(version);
  });
});
