import { cpSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { instanceOf, keepInstance } from '../../src/config/home-instance.js';
import { temporaryHome } from '../support/temporary-home.js';

describe('which copy of a home this is', () => {
  it('is kept, and is the same from then on', () => {
    const state = temporaryHome();
    expect(instanceOf({ state })).to.equal(undefined);
    keepInstance({ state });
    const kept = instanceOf({ state });
    expect(kept).to.match(/^[\da-f]{16}$/);
    keepInstance({ state });
    expect(instanceOf({ state })).to.equal(kept);
  });

  it('moves with the home, and is another one in a copy or after a restore', () => {
    const state = join(temporaryHome(), 'a');
    mkdirSync(state);
    keepInstance({ state });
    const kept = instanceOf({ state });
    const moved = `${state}-moved`;
    renameSync(state, moved);
    expect(instanceOf({ state: moved })).to.equal(kept);
    const copy = `${state}-copy`;
    cpSync(moved, copy, { recursive: true, preserveTimestamps: true });
    expect(instanceOf({ state: copy })).to.equal(undefined);
    keepInstance({ state: copy });
    expect(instanceOf({ state: copy }))
      .to.match(/^[\da-f]{16}$/)
      .and.not.equal(kept);
    expect(instanceOf({ state: moved })).to.equal(kept);
  });

  it('is made again where the file was damaged, and is none where no file can be written', () => {
    const state = temporaryHome();
    keepInstance({ state });
    const file = join(state, 'home-instance');
    writeFileSync(file, readFileSync(file).subarray(0, 7));
    expect(instanceOf({ state })).to.equal(undefined);
    keepInstance({ state });
    expect(instanceOf({ state })).to.match(/^[\da-f]{16}$/);
    const nowhere = join(state, 'home-instance', 'below-a-file');
    keepInstance({ state: nowhere });
    expect(instanceOf({ state: nowhere })).to.equal(undefined);
  });
});
