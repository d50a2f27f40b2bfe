import { inspect } from 'node:util';
import { expect } from 'chai';
import { Address } from '../../src/address/address.js';
import { secretsInAddress, shownAddress } from '../../src/address/shown-address.js';

describe('shownAddress', () => {
  const SHOWN: readonly [address: string, shown: string][] = [
    ['https://h.example/in', 'https://h.example/in'],
    ['https://h.example/in?key=K3Y', 'https://h.example/in?key=…'],
    ['https://h.example/in?a=1&key=K3Y&b=', 'https://h.example/in?a=…&key=…&…'],
    ['https://h.example/in?K3Y', 'https://h.example/in?…'],
    ['https://h.example/in?=K3Y', 'https://h.example/in?…'],
    ['https://h.example/in?K3Y=', 'https://h.example/in?…'],
    ['https://h.example/in#K3Y', 'https://h.example/in'],
    ['https://h.example/in?a=1#K3Y', 'https://h.example/in?a=…'],
    [`https://h.example/in?key=\${HOOK_KEY}`, `https://h.example/in?key=\${HOOK_KEY}`],
    [`https://h.example/in?key=K3Y\${HOOK_KEY}`, 'https://h.example/in?key=…'],
    ['https://me:K3Y@h.example/in', 'https://h.example/in'],
    ['me:K3Y@proxy.example:3128', 'proxy.example:3128'],
    ['https://me:K3?Y@h.example/in', 'https://h.example/in'],
    ['https://me:K3/Y@h.example/in', 'https://h.example/in'],
    ['/login?session=K3Y', '/login?session=…'],
    ['htp:/no url?key=K3Y', 'htp:/no url?key=…'],
    ['stub:two', 'stub:two'],
    ['', ''],
  ];
  for (const [address, shown] of SHOWN)
    it(`shows ${JSON.stringify(address)} without a secret`, () => {
      expect(shownAddress(address)).to.equal(shown);
    });

  it('keeps what an Address holds out of everything that prints', () => {
    const address = new Address('https://h.example/?key=K3Y');
    const printed = [`${address}`, String(address), JSON.stringify({ address }), inspect(address)];
    for (const text of printed) {
      expect(text).to.include('https://h.example/?key=…');
      expect(text).to.not.include('K3Y');
    }
    expect(address.reveal()).to.equal('https://h.example/?key=K3Y');
  });

  it('names what it hides, as written and decoded', () => {
    expect(secretsInAddress(`https://h/?a=K%20Y&b=p+q&BARE&v=\${X}#fr%61g`)).to.have.members([
      'K%20Y',
      'K Y',
      'p+q',
      'p q',
      'BARE',
      'fr%61g',
      'frag',
    ]);
    expect(secretsInAddress('https://h/in')).to.deep.equal([]);
  });
});
