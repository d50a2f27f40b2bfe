import { expect } from 'chai';
import { redact } from '../../src/receivers/redact.js';

describe('redact', () => {
  it('hides a value as it is and in the forms a server may echo', () => {
    const secret = 'pä"ss/w?rd+1';
    const echoes = [
      secret,
      JSON.stringify({ secret }),
      encodeURIComponent(secret),
      encodeURIComponent(secret).toLowerCase(),
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('base64url'),
    ];
    for (const echo of echoes) {
      expect(redact(`<${echo}>`, [secret]), echo).to.include('[secret]');
      expect(redact(`<${echo}>`, [secret]), echo).to.not.match(/ss|rd/);
    }
  });

  it('hides the credential inside a header value', () => {
    expect(redact('token abcdef12 refused', ['Bearer abcdef12'])).to.equal(
      'token [secret] refused',
    );
    const basic = `Basic ${Buffer.from('user:hunter22').toString('base64')}`;
    expect(redact('password hunter22', [basic])).to.equal('password [secret]');
  });

  it('hides the longer of two secrets that share a beginning', () => {
    expect(redact('tokentoken', ['token', 'tokentoken'])).to.equal('[secret]');
  });

  it('hides secrets of any length, also several at once', () => {
    const long = ['x', '/+'].map((part) => part.repeat(100_000 / part.length));
    const text = `<${long[0]}> <${encodeURIComponent(long[1] ?? '')}> <short-one>`;
    expect(redact(text, [...long, 'short-one'])).to.equal('<[secret]> <[secret]> <[secret]>');
  });

  it('leaves text alone without secrets, and for values too short to be one', () => {
    expect(redact('HTTP 401', [])).to.equal('HTTP 401');
    expect(redact('HTTP 401', ['', ' ', '401', '4'])).to.equal('HTTP 401');
  });
});
