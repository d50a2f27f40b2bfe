import { expect } from 'chai';
import { MODES, parseMode, policyOf } from '../../src/policy/mode.js';

describe('modes', () => {
  it('stand for the two axes of the table', () => {
    expect(MODES.map((mode) => [mode, policyOf(mode)])).to.deep.equal([
      ['TEAMSPACE', { retention: true, delivery: 'teamspace' }],
      ['EXTERNAL_RECEIVER', { retention: true, delivery: 'external' }],
      ['LOCAL_RETENTION', { retention: true, delivery: 'none' }],
      ['OPT_OUT', { retention: false, delivery: 'none' }],
    ]);
  });

  it('take the older name TRASH for OPT_OUT', () => {
    expect(parseMode('TRASH')).to.equal('OPT_OUT');
    expect(parseMode(' trash ')).to.equal('OPT_OUT');
  });

  it('are read in any letter case, and nothing else is', () => {
    expect(parseMode('local_retention')).to.equal('LOCAL_RETENTION');
    for (const text of ['', 'OFF', 'TEAM SPACE', 'OPT-OUT'])
      expect(parseMode(text)).to.equal(undefined);
  });
});
