import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { KINDS } from '../../src/app/kinds.js';
import { importsOf, sourceFiles } from './source-imports.js';

const NAMES = Object.keys(KINDS).join('|');

/** A decision by the name of a kind: a comparison from either side, a case, or a set that is asked. */
const DECISION = new RegExp(
  `(?:[=!]==?\\s*|\\bcase\\s+|\\.(?:includes|has)\\(\\s*)['"\`](?:${NAMES})['"\`]` +
    `|['"\`](?:${NAMES})['"\`]\\s*[=!]==?`,
);

/** Lines of a source, comments left out, that tell one kind of target from another. */
function decisionsIn(source: string): string[] {
  const code = source.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  return code.split('\n').filter((line) => DECISION.test(line));
}

/** Files and packages that are loaded together with a file: what it imports at once, not on demand. */
function loadedWith(start: string): Set<string> {
  const loaded = new Set([start]);
  for (const file of loaded) {
    if (!file.startsWith('src/')) continue;
    const atOnce = readFileSync(file, 'utf8').replaceAll(/\bimport\([^)]*\)/g, '');
    for (const { target, typeOnly } of importsOf(file, atOnce)) if (!typeOnly) loaded.add(target);
  }
  return loaded;
}

describe('kinds of targets', () => {
  it('are rows of one table, each under its own name', () => {
    for (const [name, row] of Object.entries(KINDS)) expect(row.kind).to.equal(name);
  });

  it('are told apart by what their row says, and nowhere by their name', () => {
    const found = sourceFiles('src')
      .filter((file) => !file.startsWith('src/spec-kitty/'))
      .flatMap((file) => decisionsIn(readFileSync(file, 'utf8')).map((line) => `${file}: ${line}`));
    expect(found).to.deep.equal([]);
  });

  for (const planted of [
    "if (target.kind === 'teamspace') return;",
    "const own = policyOf(mode).delivery !== 'external';",
    "if ('stub' == kind) return;",
    "    case 'teamspace':",
    "if (['a'].includes('external')) return;",
  ])
    it(`would be found by their name: ${planted}`, () => {
      expect(decisionsIn(`const a = 1;\n${planted}\n`)).to.deep.equal([planted]);
    });

  it('load what speaks to a target only when it is spoken to: captures ask them too', () => {
    const loaded = loadedWith('src/app/kinds.ts');
    expect(loaded.size).to.be.greaterThan(20);
    const network = ['node:http', 'node:https', 'node:tls', 'better-sqlite3'];
    expect([...loaded].filter((name) => network.includes(name))).to.deep.equal([]);
  });

  it('may be named where nothing is decided', () => {
    const innocent = "const kind = 'stub';\n/** kind === 'stub' */\ntype A = 'external' | 'stub';";
    expect(decisionsIn(innocent)).to.deep.equal([]);
  });
});
