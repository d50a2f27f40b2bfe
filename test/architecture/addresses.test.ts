import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { sourceFiles } from './source-imports.js';

/** The files that need the address itself: to post there, to store it, to compare it. */
const REVEALING = [
  'src/address/address.ts',
  'src/app/declared-targets.ts',
  'src/app/endpoint-change.ts',
  'src/app/target-address.ts',
  'src/app/test-target.ts',
  'src/app/spec-kitty/sign-in-server.ts',
  'src/receivers/external/settings.ts',
  'src/receivers/endpoint-kinds.ts',
  'src/spec-kitty/teamspace-kind.ts',
  'src/spec-kitty/known-identities.ts',
  'src/targets/following.ts',
  'src/spec-kitty/teamspace-access.ts',
];

/** The statements that read an address; those who run them show it by `shownAddress`. */
const READING = [
  'src/postgres/ledger/revision.sql.ts',
  'src/postgres/retention/redaction.sql.ts',
  'src/postgres/targets/targets.sql.ts',
  'src/sqlite/ledger/revision.sql.ts',
  'src/sqlite/retention/retention.sql.ts',
  'src/sqlite/targets/targets.sql.ts',
];

describe('addresses, which may hold keys,', () => {
  const files = sourceFiles('src').map((file) => ({
    file,
    text: readFileSync(file, 'utf8'),
  }));
  const having = (pattern: RegExp): string[] =>
    files.flatMap(({ file, text }) => (pattern.test(text) ? [file] : []));

  it('are revealed by those who need them, and by nobody else', () => {
    const found = having(/\b(rawEndpoint|endpoint|server|address)\s*\.reveal\(\)/);
    expect([...found, 'src/address/address.ts']).to.have.members(REVEALING);
  });

  it('are read from the database by known statements only', () => {
    const found = having(/\b(canonical_url|raw_endpoint)\b/).filter((file) =>
      file.endsWith('.sql.ts'),
    );
    expect(found).to.have.members(READING);
  });
});
