import { expect } from 'chai';
import {
  assertBearerMayTravel,
  InsecureBearerError,
  mayCarryToken,
} from '../../src/policy/bearer.js';

describe('a Bearer token', () => {
  for (const url of [
    'https://teamspace.example/x',
    'HTTPS://teamspace.example',
    'wss://teamspace.example',
    'http://localhost:8000/api',
    'ws://localhost:8000/ws',
    'http://127.0.0.1',
    'http://127.8.9.10:99',
    'http://0x7f.1/',
    'http://[::1]:8000/',
    'http://[::ffff:127.0.0.1]/',
  ]) {
    it(`may travel to ${url}`, () => {
      expect(mayCarryToken(new URL(url))).to.equal(true);
      expect(() => assertBearerMayTravel(url)).not.to.throw();
    });
  }

  for (const url of [
    'http://teamspace.example',
    'http://localhost.example',
    'http://sub.localhost',
    'http://127.0.0.1.example',
    'http://10.0.0.1',
    'http://0.0.0.0',
    'http://[::2]',
    'ws://teamspace.example',
    'ftp://localhost',
    'stub:',
  ]) {
    it(`stays here instead of going to ${url}`, () => {
      expect(mayCarryToken(new URL(url))).to.equal(false);
      expect(() => assertBearerMayTravel(url)).to.throw(InsecureBearerError);
    });
  }

  it('names the host and not the rest of the address', () => {
    expect(() => assertBearerMayTravel('http://h.example/path?key=hidden')).to.throw(
      InsecureBearerError,
      /^(?!.*hidden).*h\.example.*https:/,
    );
  });
});
