import { expect } from 'chai';
import {
  domainOf,
  importsOf,
  type SourceImport,
  sourceFiles,
  sourceImports,
} from './source-imports.js';

/**
 * The layers, lowest first. A folder may import those of the layers below its
 * own, and those that stand before it in its own layer.
 */
const LAYERS: readonly (readonly string[])[] = [
  ['base', 'json', 'files', 'address', 'output', 'schema'],
  ['dispatch', 'policy', 'config'],
  ['edges', 'journal', 'ledger', 'conflicts', 'targets', 'queue'],
  ['receive', 'receivers', 'retention', 'reports', 'transfer'],
  ['spec-kitty'],
  ['src/stores.ts'],
  ['sqlite', 'postgres', 'bullmq'],
  ['app'],
  ['src/index.ts', 'workers', 'hub', 'observatory', 'cli'],
];

/** Entry points and constants that belong to no layer. */
const APART = ['src/entities.ts', 'src/version.ts'];

const ORDER = LAYERS.flat();

const pointsUp = ({ file, target }: SourceImport): boolean =>
  ORDER.indexOf(domainOf(target)) > ORDER.indexOf(domainOf(file));

describe('the folders depend on each other in one direction:', () => {
  const imports = sourceImports('src');

  it('every folder has its layer', () => {
    const folders = new Set(sourceFiles('src').map(domainOf));
    expect([...folders].filter((folder) => !APART.includes(folder))).to.have.members(ORDER);
  });

  it('no import, not even of a type, points up', () => {
    const up = imports.filter(
      ({ file, target }) =>
        target.startsWith('src/') &&
        !APART.includes(file) &&
        !APART.includes(target) &&
        pointsUp({ file, target, typeOnly: false }),
    );
    expect(up.map(shown)).to.deep.equal([]);
  });

  it('no domain needs, by whatever way round, one that needs it', () => {
    const needs = new Map<string, Set<string>>();
    for (const one of imports.filter(isNeed)) {
      const domain = domainOf(one.file);
      const known = needs.get(domain) ?? new Set();
      needs.set(domain, known.add(domainOf(one.target)));
    }
    expect(cycles(needs)).to.deep.equal([]);
  });

  it('no file needs, by whatever way round, one that needs it', () => {
    const needs = new Map<string, Set<string>>();
    for (const { file, target, typeOnly } of imports)
      if (!typeOnly && target.startsWith('src/') && !file.endsWith('.entity.ts'))
        needs.set(file, (needs.get(file) ?? new Set()).add(target));
    expect(inCircles(needs)).to.deep.equal([]);
  });

  it('the library does without command line, workers and pages', () => {
    const reached = closure('src/index.ts', imports);
    expect(
      [...reached].filter((file) => /^src\/(cli|workers|observatory)\//.test(file)),
    ).to.deep.equal([]);
    expect(reached.size, 'the whole library was looked at').to.be.greaterThan(100);
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

/** Files that come back to themselves. */
function inCircles(needs: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const reaches = (from: string): Set<string> => {
    const reached = new Set(needs.get(from));
    for (const file of reached) for (const next of needs.get(file) ?? []) reached.add(next);
    return reached;
  };
  return [...needs.keys()].filter((file) => reaches(file).has(file));
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
