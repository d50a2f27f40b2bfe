import { expect } from 'chai';
import { domainOf, importsOf, type SourceImport, sourceImports } from './source-imports.js';

/** What each domain may not know of, not even a type of it. */
const BLIND_TO: Readonly<Record<string, readonly string[]>> = {
  json: ['*'],
  files: ['*'],
  journal: ['ledger', 'dispatch', 'receivers', 'targets', 'status', 'retention', 'legacy'],
  policy: ['journal', 'ledger', 'receivers', 'targets', 'status', 'retention', 'legacy'],
  config: ['journal', 'ledger', 'dispatch', 'receivers', 'targets', 'status', 'storage'],
  conflicts: ['receivers', 'targets', 'status', 'policy', 'config', 'retention', 'legacy'],
  dispatch: ['journal', 'ledger', 'receivers', 'targets', 'status', 'policy', 'config', 'legacy'],
  ledger: ['receivers', 'status', 'policy', 'config', 'retention', 'legacy'],
  receivers: ['ledger', 'journal', 'status', 'storage', 'retention', 'legacy'],
  targets: ['ledger', 'journal', 'receivers', 'status', 'retention', 'legacy'],
  legacy: ['receivers', 'dispatch', 'status', 'retention'],
  retention: ['receivers', 'status', 'legacy'],
  status: ['receivers'],
  queue: ['journal', 'ledger', 'dispatch', 'receivers', 'targets', 'status', 'policy', 'config'],
};

/** Where a process may be stopped is for every domain to say. */
const EVERYBODYS = 'src/storage/steps.ts';

/** Nothing below may know of those who put everything together. */
const TOPS = ['app', 'cli', 'workers', 'src/index.ts'];

describe('the domains depend on each other in one direction:', () => {
  const imports = sourceImports('src');

  for (const [domain, unseen] of Object.entries(BLIND_TO)) {
    it(`${domain} knows nothing of ${unseen[0] === '*' ? 'any other' : unseen.join(', ')}`, () => {
      const others = imports.filter(
        ({ file, target }) =>
          domainOf(file) === domain &&
          target.startsWith('src/') &&
          target !== EVERYBODYS &&
          domainOf(target) !== domain,
      );
      const wrong = others.filter(
        ({ target }) =>
          unseen[0] === '*' || unseen.includes(domainOf(target)) || TOPS.includes(domainOf(target)),
      );
      expect(wrong.map(shown)).to.deep.equal([]);
    });
  }

  it('no domain needs, by whatever way round, one that needs it', () => {
    const needs = new Map<string, Set<string>>();
    for (const one of imports.filter(isNeed)) {
      const domain = domainOf(one.file);
      const known = needs.get(domain) ?? new Set();
      needs.set(domain, known.add(domainOf(one.target)));
    }
    expect(cycles(needs)).to.deep.equal([]);
  });

  it('the library does without command line and workers', () => {
    const reached = closure('src/index.ts', imports);
    expect([...reached].filter((file) => /^src\/(cli|workers)\//.test(file))).to.deep.equal([]);
    expect(reached.size, 'the whole library was looked at').to.be.greaterThan(100);
  });

  it('storage knows files, and entities and migrations of the others, and nothing else', () => {
    const wrong = imports.filter(
      ({ file, target }) =>
        domainOf(file) === 'storage' &&
        target.startsWith('src/') &&
        domainOf(target) !== 'storage' &&
        domainOf(target) !== 'files' &&
        !target.endsWith('.entity.ts'),
    );
    expect(wrong.map(shown)).to.deep.equal([]);
  });

  it('a planted import would be seen, however it is written', () => {
    const planted = [
      "import { a } from '../ledger/x.js';",
      "import {\n  a,\n  type B,\n} from '../ledger/x.js';",
      "import '../ledger/x.js';",
      "export * from '../ledger/x.js';",
      "export type { B } from '../ledger/x.js';",
      "  const { a } = await import('../ledger/x.js');",
    ];
    for (const source of planted)
      expect(importsOf('src/journal/y.ts', source).map(({ target }) => target)).to.deep.equal([
        'src/ledger/x.ts',
      ]);
    expect(importsOf('src/journal/y.ts', "// import { a } from './x.js';")).to.deep.equal([]);
  });
});

/** Types are erased, and entities are descriptions that only `storage` puts together. */
function isNeed({ file, target, typeOnly }: SourceImport): boolean {
  if (typeOnly || !file.startsWith('src/') || !target.startsWith('src/')) return false;
  if (file.endsWith('.entity.ts') || target.endsWith('.entity.ts')) return false;
  return domainOf(file) !== domainOf(target);
}

/** Domains that come back to themselves, with the way they take. */
function cycles(needs: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const found: string[] = [];
  const follow = (path: readonly string[]): void => {
    for (const next of needs.get(path.at(-1) ?? '') ?? []) {
      if (next === path[0]) found.push([...path, next].join(' → '));
      else if (!path.includes(next)) follow([...path, next]);
    }
  };
  for (const domain of needs.keys()) follow([domain]);
  return found;
}

function closure(start: string, imports: readonly SourceImport[]): Set<string> {
  const reached = new Set([start]);
  for (const file of reached)
    for (const one of imports)
      if (one.file === file && one.target.startsWith('src/')) reached.add(one.target);
  return reached;
}

function shown({ file, target }: SourceImport): string {
  return `${file} → ${target}`;
}
