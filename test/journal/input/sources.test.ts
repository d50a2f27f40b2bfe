import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { findSources, InputSourceError } from '../../../src/journal/input/sources.js';
import { collected } from './collected.js';

async function* standardInput(): AsyncGenerator<Buffer> {
  yield Buffer.from('from stdin');
}

describe('findSources', () => {
  let dir: string;

  before(() => {
    dir = mkdtempSync(path.join(tmpdir(), 'redrain-sources-'));
    mkdirSync(path.join(dir, 'sub'));
    mkdirSync(path.join(dir, 'empty.jsonl'));
    for (const name of ['b.jsonl', 'a.jsonl', '[x].jsonl', 'x.jsonl', 'sub/c.jsonl', 'note.txt'])
      writeFileSync(path.join(dir, name), `text of ${name}`);
  });

  after(() => rmSync(dir, { recursive: true }));

  const open = (...patterns: string[]) => findSources(patterns, standardInput, dir);
  const names = async (...patterns: string[]): Promise<string[]> =>
    (await open(...patterns)).sources.map(({ name }) => name);

  async function failure(...patterns: string[]): Promise<InputSourceError> {
    try {
      await open(...patterns);
    } catch (error) {
      if (error instanceof InputSourceError) return error;
      throw error;
    }
    throw new Error('expected an InputSourceError');
  }

  it('expands patterns in a stable order, each file once', async () => {
    expect(await names('sub/*', '[ab].jsonl', 'b.jsonl', './b.jsonl')).to.deep.equal([
      'sub/c.jsonl',
      'a.jsonl',
      'b.jsonl',
    ]);
    expect(await names('**/*.jsonl')).to.deep.equal([
      '[x].jsonl',
      'a.jsonl',
      'b.jsonl',
      'sub/c.jsonl',
      'x.jsonl',
    ]);
    expect(await names(path.join(dir, '[ab].jsonl'))).to.deep.equal([
      path.join(dir, 'a.jsonl'),
      path.join(dir, 'b.jsonl'),
    ]);
  });

  it('prefers a path that exists to what it would match', async () => {
    expect(await names('[x].jsonl')).to.deep.equal(['[x].jsonl']);
  });

  it('reads standard input for a dash, once, or when nothing is named', async () => {
    expect(await names()).to.deep.equal(['stdin']);
    expect(await names('b.jsonl', '-', '-')).to.deep.equal(['b.jsonl', 'stdin']);
  });

  it('opens what it names', async () => {
    const texts: string[] = [];
    for (const source of (await open('sub/c.jsonl', '-')).sources) {
      texts.push(Buffer.concat(await collected(source.open())).toString());
    }
    expect(texts).to.deep.equal(['text of sub/c.jsonl', 'from stdin']);
  });

  it('names what it cannot find or read', async () => {
    expect((await failure('none.jsonl')).message).to.equal('no such file: none.jsonl');
    expect((await failure('none/*.jsonl')).message).to.equal('no file matches none/*.jsonl');
    expect((await failure('a.jsonl/b')).message).to.equal('no such file: a.jsonl/b');
    expect((await failure('sub')).message).to.contain('sub is a directory');
    expect(await failure('sub')).to.include({ pattern: 'sub' });
    expect((await failure('')).message).to.equal('a file name is empty');
    expect((await failure('none', 'sub')).message).to.match(
      /^no such file: none; sub is a directory/,
    );
  });

  it('finds the others beside one that is missing', async () => {
    const { sources, missing } = await open('none.jsonl', 'a.jsonl', 'none/*', '-');
    expect(sources.map(({ name }) => name)).to.deep.equal(['a.jsonl', 'stdin']);
    expect(missing.map(({ pattern }) => pattern)).to.deep.equal(['none.jsonl', 'none/*']);
  });
});
