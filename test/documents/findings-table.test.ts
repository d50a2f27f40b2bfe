import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { sourceFiles } from '../architecture/source-imports.js';
import { documentText, rowsOf } from '../support/markdown.js';

/** `wrong` and `weight` are chosen by the facts: a problem, or a warning. */
const WEIGHTS: Readonly<Record<string, readonly string[]>> = {
  problem: ['problem'],
  warning: ['warning'],
  notice: ['notice'],
  wrong: ['problem', 'warning'],
  weight: ['problem', 'warning'],
};

const MADE = /\b(problem|warning|notice|wrong|weight)\(\s*'([a-z_]+)'/g;

/** `(waiting > 0 ? warning : notice)('kind'`. */
const CHOSEN = /\? (problem|warning|notice) : (problem|warning|notice)\)\(\s*'([a-z_]+)'/g;

/** Every kind of finding that the source makes, with the weights it makes it with. */
function made(): Record<string, string[]> {
  const kinds: Record<string, Set<string>> = {};
  const note = (kind: string, weights: readonly string[]): void => {
    kinds[kind] = new Set([...(kinds[kind] ?? []), ...weights]);
  };
  for (const file of sourceFiles('src/reports', 'src/spec-kitty', 'src/app')) {
    const text = readFileSync(file, 'utf8');
    for (const [, weight = '', kind = ''] of text.matchAll(MADE)) note(kind, WEIGHTS[weight] ?? []);
    for (const [, one = '', other = '', kind = ''] of text.matchAll(CHOSEN))
      note(kind, [one, other]);
  }
  return sorted(kinds);
}

function documented(): Record<string, string[]> {
  // The second has what only a home that is shared with Spec Kitty can have.
  const pages = ['docs/status.md', 'docs/spec-kitty.md'].map(documentText);
  const kinds: Record<string, Set<string>> = {};
  for (const { cells, names } of pages.flatMap((page) => rowsOf(page, 'finding'))) {
    const weights = (cells[1] ?? '').match(/\b(problem|warning|notice)\b/g) ?? [];
    kinds[names[0] ?? ''] = new Set([...(kinds[names[0] ?? ''] ?? []), ...weights]);
  }
  return sorted(kinds);
}

const sorted = (kinds: Record<string, Set<string>>): Record<string, string[]> =>
  Object.fromEntries(Object.entries(kinds).map(([kind, weights]) => [kind, [...weights].sort()]));

describe('the table of findings in docs/status.md', () => {
  it('has every kind that there is, with its weights, and no other', () => {
    expect(Object.keys(made()).length).to.be.greaterThan(30);
    expect(documented()).to.deep.equal(made());
  });
});
