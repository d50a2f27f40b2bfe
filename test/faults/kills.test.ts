import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { sourceFiles } from '../architecture/source-imports.js';
import { rounds } from '../support/rounds.js';
import { documented, documentedSteps, REWRITES, rewriteDocument, tableOf } from './kill-table.js';
import { observed } from './operation.js';
import { OPERATIONS } from './operations/all.js';

describe('kill -9 at every named step of', function () {
  this.timeout(rounds(240_000, 1_800_000));

  for (const operation of OPERATIONS)
    it(`${operation.name} leaves what docs/reliability.md says, and the next run completes it`, async () => {
      const table = tableOf(operation, await observed(operation));
      if (REWRITES) rewriteDocument(operation, table);
      expect(documented(operation), 'run `npm run reliability`, and look at what changed').to.equal(
        table,
      );
    });
});

describe('docs/reliability.md', () => {
  it('has every named step of src, and no other', () => {
    expect([...documentedSteps()].sort()).to.deep.equal([...namedSteps()].sort());
  });
});

/** Of templates every value is needed: one that is not spelled out fails the test by its `${`. */
const SPELLED_OUT: Readonly<Record<string, readonly string[]>> = {
  'retention.${record.kind}-purged': ['retention.gc-purged', 'retention.archive-purged'],
};

function namedSteps(): Set<string> {
  // Those of PostgreSQL are in test/postgres/drain-faults.test.ts, and those of a move there in storage-import.test.ts.
  const files = sourceFiles('src').filter(
    (file) => !/\/(postgres|transfer)\/|\/import-journal\./.test(file),
  );
  const names = files.flatMap((file) => {
    const calls = readFileSync(file, 'utf8').matchAll(/(?<![\w.])step\((['"`])([^'"`]+)\1\)/g);
    return [...calls].map(([, , name]) => name as string);
  });
  return new Set(names.flatMap((name) => SPELLED_OUT[name] ?? [name]));
}
