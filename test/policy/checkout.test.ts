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

describe('the checkout that governs a directory', () => {
  for (const [directory, configured, governing] of CASES) {
    it(`of ${directory} among ${JSON.stringify(configured)} is ${governing ?? 'none'}`, () => {
      expect(governingCheckout(directory, configured)).to.equal(governing);
    });
  }
});
