import { expect } from 'chai';
import { governingCheckout } from '../../src/policy/checkout.js';

const CASES: readonly [directory: string, configured: string[], governing: string | undefined][] = [
  ['/a/b', ['/a/b'], '/a/b'],
  ['/a/b/', ['/a/b'], '/a/b'],
  ['/a/b', ['/a/b///'], '/a/b///'],
  ['/a/b/c/d', ['/a', '/a/b/c', '/a/b'], '/a/b/c'],
  ['/a/bc', ['/a/b'], undefined],
  ['/a', ['/a/b'], undefined],
  ['/A/b', ['/a'], undefined],
  ['/a//b', ['/a/b'], '/a/b'],
  ['/anything', ['/'], '/'],
  ['a/b', ['a'], undefined],
  ['/a', ['', '.'], undefined],
  ['C:\\work\\app\\src', ['C:\\work\\app'], 'C:\\work\\app'],
  ['C:\\work\\app', ['C:/work'], 'C:/work'],
];

const mapOf = (paths: readonly string[]): ReadonlyMap<string, boolean> =>
  new Map(paths.map((path) => [path, true]));

describe('the checkout that governs a directory', () => {
  for (const [directory, configured, governing] of CASES) {
    it(`of ${directory} among ${JSON.stringify(configured)} is ${governing ?? 'none'}`, () => {
      expect(governingCheckout(directory, mapOf(configured))).to.equal(governing);
    });
  }

  it('goes over the configured paths once for all directories', () => {
    let looks = 0;
    class Watched extends Map<string, boolean> {
      override keys() {
        looks += 1;
        return super.keys();
      }
    }
    const configured = new Watched(Array.from({ length: 1_000 }, (_, i) => [`/a/${i}`, true]));
    for (let i = 0; i < 1_000; i += 1)
      expect(governingCheckout(`/a/${i}/src/deep`, configured)).to.equal(`/a/${i}`);
    expect(looks).to.equal(1);
  });
});
