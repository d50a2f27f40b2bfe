import { expect } from 'chai';
import { type GcFacts, gcSuggestion } from '../../src/retention/gc-suggestion.js';

const MIB = 1024 * 1024;
const HAS_ALL = { retired: false, delivered: 10, excluded: 0, owes: false };
const DONE: GcFacts = { retained: 12, bytes: 50 * MIB, live: 10, targets: [HAS_ALL] };

describe('the suggestion to run gc', () => {
  it('appears at 50 MiB when every target has everything', () => {
    expect(gcSuggestion(DONE)).to.include({
      retained_event_count: 12,
      journal_size_bytes: 50 * MIB,
    });
    expect(gcSuggestion({ ...DONE, targets: [HAS_ALL, HAS_ALL] })?.reason).to.match(/all 2/);
  });

  const SILENT: [what: string, facts: Partial<GcFacts>][] = [
    ['the journal is smaller', { bytes: 50 * MIB - 1 }],
    ['there is no target', { targets: [] }],
    ['every target is retired', { targets: [{ ...HAS_ALL, retired: true }] }],
    ['one target lacks one event', { targets: [HAS_ALL, { ...HAS_ALL, delivered: 9 }] }],
    ['something is to be sent again', { targets: [{ ...HAS_ALL, owes: true }] }],
  ];

  for (const [what, facts] of SILENT)
    it(`stays away when ${what}`, () => {
      expect(gcSuggestion({ ...DONE, ...facts })).to.equal(null);
    });

  it('does not ask what a retired target has', () => {
    const retired = { retired: true, delivered: 0, excluded: 0, owes: true };
    expect(gcSuggestion({ ...DONE, targets: [HAS_ALL, retired] })).not.to.equal(null);
  });
});
