import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const HERE = fileURLToPath(new URL('.', import.meta.url));
/** The numbers that files of this directory begin with. */
function coveredNumbers(): number[] {
  const names = readdirSync(HERE).filter((name) => /^\d\d-[a-z0-9-]+\.test\.js$/.test(name));
  return names.map((name) => Number(name.slice(0, 2)));
}

describe('the incidents of the earlier program', () => {
  it('have a test each, named after what users saw', () => {
    const all = Array.from({ length: 30 }, (_, i) => i + 1);
    expect([...new Set(coveredNumbers())].sort((a, b) => a - b)).to.deep.equal(all);
  });
});
