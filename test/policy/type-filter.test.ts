import { expect } from 'chai';
import { passesTypes } from '../../src/policy/type-filter.js';
import { cpuMsOf } from '../support/cpu-time.js';

const CASES: readonly [patterns: readonly string[], passes: string[], fails: string[]][] = [
  [[], ['Anything', ''], []],
  [['Order*'], ['Order', 'OrderPaid'], ['PreOrder', 'order', '']],
  [['Order*', '!OrderDraft*'], ['OrderPaid'], ['OrderDraft', 'OrderDraftSaved', 'Payment']],
  [['!OrderDraft*', 'Order*'], ['OrderPaid'], ['OrderDraftSaved']],
  [['!Debug*'], ['Order', ''], ['Debug', 'DebugNote']],
  [
    ['a?c', 'x'],
    ['abc', 'x'],
    ['ac', 'abbc', 'xx'],
  ],
  [['*.*.v1'], ['order.paid.v1', 'a.b.c.v1'], ['order.v1', 'order.paid.v2']],
  [['*'], ['Anything', ''], []],
  [
    ['a.c', 'a+', '[x]'],
    ['a.c', 'a+', '[x]'],
    ['abc', 'aa', 'x'],
  ],
];

describe('the types that a target gets', () => {
  for (const [patterns, passes, fails] of CASES)
    it(`are told by ${JSON.stringify(patterns)}`, () => {
      for (const type of passes) expect(passesTypes(patterns, type), type).to.equal(true);
      for (const type of fails) expect(passesTypes(patterns, type), type).to.equal(false);
    });

  it('are all of them where nothing is said', () => {
    expect(passesTypes(undefined, 'Anything')).to.equal(true);
  });

  it('are told soon, whatever the pattern', () => {
    let passes: boolean | undefined;
    const spent = cpuMsOf(() => {
      passes = passesTypes([`${'*a'.repeat(50)}b`], 'a'.repeat(100_000));
    });
    expect(passes).to.equal(false);
    expect(spent).to.be.below(10_000);
  });
});
