import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ConfigReader } from '../../src/config/document.js';
import { temporaryHome } from '../support/temporary-home.js';

const A = '[sync]\nmode = "OPT_OUT"\n';
const SAME_SIZE = '[sync]\nmode = "OPT_out"\n';
const OTHER = '[sync]\nmode = "LOCAL_RETENTION"\n';
const LATER = () => Date.now() + 60_000;

describe('the reader of config.toml', () => {
  const given = async (now: () => number) => {
    const path = join(temporaryHome(), 'config.toml');
    writeFileSync(path, A);
    const reader = new ConfigReader(path, now);
    const first = await reader.read();
    return { path, reader, first };
  };
  const modeOf = async (reader: ConfigReader) => {
    const document = await reader.read();
    return document.state === 'ok' ? document.raw.mode : document.state;
  };

  it('returns the same document while the file is the same', async () => {
    for (const now of [Date.now, LATER]) {
      const { reader, first } = await given(now);
      expect(await reader.read()).to.equal(first);
      expect(await reader.read()).to.equal(first);
    }
  });

  it('notices an edit of the same size that follows at once', async () => {
    const { path, reader } = await given(Date.now);
    writeFileSync(path, SAME_SIZE);
    expect(await modeOf(reader)).to.equal('OPT_out');
  });

  it('notices another size, another file and a missing one, also long after the last change', async () => {
    const { path, reader } = await given(LATER);
    expect(await modeOf(reader)).to.equal('OPT_OUT');
    writeFileSync(path, OTHER);
    expect(await modeOf(reader)).to.equal('LOCAL_RETENTION');
    writeFileSync(`${path}.new`, OTHER.replace('LOCAL', 'local'));
    expect(readFileSync(`${path}.new`)).to.have.length(OTHER.length);
    renameSync(`${path}.new`, path);
    expect(await modeOf(reader)).to.equal('local_RETENTION');
    renameSync(path, `${path}.away`);
    expect((await reader.read()).state).to.equal('absent');
  });
});
