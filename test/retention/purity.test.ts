import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'chai';

const SOURCE = resolve('src');

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(directory, name));
}

/** The rules of retention, and their SQL. */
const RETENTION = /src\/(retention|(sqlite|postgres)\/(retention|verification))\//;
/** No journal: one of BullMQ's own tables is called `event`, too. */
const JOBS = /src\/bullmq\//;

describe('the source', () => {
  const others = filesBelow(SOURCE).filter((file) => !RETENTION.test(file) && !JOBS.test(file));

  it('takes bytes out of the journal in the folders of retention alone', () => {
    const destructive =
      /DELETE\s+FROM\s+(payload|purge|event)\b|INSERT\s+INTO\s+purge|DROP\s+TRIGGER/i;
    expect(others.filter((file) => destructive.test(readFileSync(file, 'utf8')))).to.deep.equal([]);
  });

  it('reaches retention from its own commands and a move to another engine alone, never from capture, drains or migration', () => {
    const reaches = /from '[./]+retention\/(?!gc-suggestion|archives-in-force)/;
    const allowed =
      /src\/(((sqlite|postgres)\/)?stores|app\/(undelivered|gc|archive|restore|redact|redaction\/[a-z-]+|verify|storage\/import-journal)|(postgres\/)?transfer\/(copy|ports|destination)|cli\/(job-control|restore))\.ts$/;
    const found = others.filter((file) => reaches.test(readFileSync(file, 'utf8')));
    expect(found.filter((file) => !allowed.test(file))).to.deep.equal([]);
  });
});
