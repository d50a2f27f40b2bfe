import { expect } from 'chai';
import { dispose } from '../../src/policy/discard.js';
import type { DurabilityRule } from '../../src/policy/durability.js';
import { familyOf } from '../../src/policy/families.js';

const FAMILIES = new Map<string, DurabilityRule>([
  ['EditorBlinked', 'local_only'],
  ['CacheWarmed', 'discardable'],
  ['InvoiceSent', 'teamspace_bound'],
  ['WPStatusChanged', 'discardable'],
]);

describe('the discard policy', () => {
  it('keeps everything while events are retained', () => {
    expect(act('EditorBlinked', true)).to.equal('keep');
    expect(act('NobodyKnows', true)).to.equal('keep');
  });

  it('discards only what is registered as local or discardable', () => {
    expect(act('EditorBlinked')).to.equal('discard');
    expect(act('CacheWarmed')).to.equal('discard');
  });

  it('refuses to discard what is bound for a Teamspace and what nobody knows', () => {
    for (const type of ['MissionCreated', 'InvoiceSent', 'NobodyKnows', 'constructor', '__proto__'])
      expect(act(type), type).to.equal('refuse');
  });

  it('lets no setting make a built-in family droppable', () => {
    expect(familyOf('WPStatusChanged', FAMILIES)).to.deep.equal({
      family: 'work_package',
      rule: 'teamspace_bound',
    });
    expect(act('WPStatusChanged')).to.equal('refuse');
  });

  it('keeps what it may not discard in the audit log when told so, with a readable reason', () => {
    const policy = { retention: false, families: FAMILIES, auditDiscard: true };
    expect(dispose('NobodyKnows', policy)).to.deep.include({ act: 'audit', family: 'unknown' });
    expect(dispose('EditorBlinked', policy).act).to.equal('discard');
  });
});

function act(type: string, retention = false): string {
  return dispose(type, { retention, families: FAMILIES, auditDiscard: false }).act;
}
