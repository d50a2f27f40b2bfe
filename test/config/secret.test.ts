import { format, inspect } from 'node:util';
import { expect } from 'chai';
import { Secret } from '../../src/config/secret.js';

describe('a secret', () => {
  const secret = new Secret('s3cret');

  it('is returned by reveal()', () => expect(secret.reveal()).to.equal('s3cret'));

  it('is not shown by any other way to print it', () => {
    const seen = [
      String(secret),
      `${secret}`,
      `${secret}x`,
      JSON.stringify({ secret }),
      inspect({ deep: { secret } }, { showHidden: true }),
      format('%s %o %O %j', secret, secret, secret, secret),
      Object.values(secret).join(),
    ];
    for (const text of seen) expect(text).not.to.contain('s3cret');
    expect(String(secret)).to.equal('[secret]');
  });
});
