import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import {
  asciiScope,
  pythonStrip,
  queueDbPath,
  scopeDigest,
  scopeOf,
} from '../../src/spec-kitty/scope.js';

/** Scope and digest as Python computes them from the same three parts. */
const VECTORS: readonly [
  server: string,
  user: string,
  team: string,
  scope: string,
  digest: string,
][] = [
  [
    'https://spec-kitty-dev.fly.dev',
    'eva@example.com',
    't-private-1',
    'https://spec-kitty-dev.fly.dev|eva@example.com|t-private-1',
    '24972d88d8489bb8',
  ],
  [
    ' HTTPS://API.Example:443//a/ / ',
    '\x1cÉva@\u0130stanbul.Example\x85',
    'ΣΑΣ',
    'https://api.example:443//a/ |éva@i\u0307stanbul.example|σας',
    '1c38cf1797e2dd93',
  ],
  [
    'https://bücher.example/',
    'STRASSE ß',
    '\u3000Team\u2029',
    'https://bücher.example|strasse ß|team',
    '699e32867f1d8143',
  ],
  ['https://x/ /', 'u|t', 'x', 'https://x/ |u|t|x', 'f742191fa8b3afed'],
  ['https://x/ /', 'u', 't|x', 'https://x/ |u|t|x', 'f742191fa8b3afed'],
  ['\ufeffhttps://x', 'u', 't', '\ufeffhttps://x|u|t', '9d83362e9936995c'],
  ['https://x///', 'u', '', 'https://x|u|no-team', scopeDigest('https://x|u|no-team')],
];

const paths = { legacyQueue: '/h/queue.db', queuesDir: '/h/queues' };

describe('the scope of the old queues', () => {
  for (const [server, user, team, scope, digest] of VECTORS) {
    it(`of ${JSON.stringify([server, user, team])} is what Python made of it`, () => {
      expect(scopeOf({ server, user, team })).to.equal(scope);
      expect(scopeDigest(scope)).to.equal(digest);
      expect(queueDbPath(paths, { server, user, team })).to.equal(
        join('/h/queues', `queue-${digest}.db`),
      );
    });
  }

  for (const user of [null, '', ' \x1f ']) {
    it(`of an unknown user (${JSON.stringify(user)}) is empty, and its queue is queue.db`, () => {
      expect(scopeOf({ server: 'https://x/', user, team: 'blue' })).to.equal('https://x||');
      expect(queueDbPath(paths, { server: 'https://x/', user, team: 'blue' })).to.equal(
        '/h/queue.db',
      );
    });
  }

  it('is stripped as Python strips', () => {
    const space =
      '\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000';
    expect(pythonStrip(`${space}a${space}b${space}`)).to.equal(`a${space}b`);
    for (const kept of ['\ufeff', '\u200b', '\x00', '\u180e'])
      expect(pythonStrip(kept)).to.equal(kept);
  });

  it('is shown in ASCII, code point by code point', () => {
    expect(asciiScope('https://x|u|t')).to.equal('https://x|u|t');
    expect(asciiScope('é|😀|\x1b[31m')).to.equal('_u00e9_|_u1f600_|_u001b_[31m');
  });

  const manifest = resolve('..', 'shared', 'fixtures', 'legacy', 'manifest.json');
  if (existsSync(manifest)) {
    const { databases } = JSON.parse(readFileSync(manifest, 'utf8'));
    for (const { file, scope } of databases) {
      if (!scope?.digest_checked_against_upstream) continue;
      it(`finds ${file}`, () => {
        const parts = { server: scope.server_url, user: scope.user, team: scope.team };
        expect(scopeOf(parts)).to.equal(scope.scope_string);
        expect(queueDbPath(paths, parts)).to.equal(join('/h', file));
      });
    }
  }
});
