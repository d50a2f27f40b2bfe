import { expect } from 'chai';
import { table } from '../../src/cli/table.js';

describe('a table', () => {
  const rows = (count: number): (string | number)[][] =>
    Array.from({ length: count }, (_, i) => [`p${i}`, i % 7 === 3 ? '漢字 é' : 'x', i, '']);
  const head = ['NAME', 'WHAT', 'N', ''];

  it('is the same in pages as in one', () => {
    const long = table(head, rows(333)).split('\n');
    expect(long).to.have.length(334);
    const widest = [...rows(50).slice(0, 49), ['p332', 'x', 332, '']];
    const short = table(head, widest).split('\n');
    expect(long.slice(0, 50)).to.deep.equal(short.slice(0, 50));
  });

  it('has columns that stand one below the other, and numbers to the right', () => {
    const lines = table(
      ['A', 'B'],
      [...rows(120).map(([name, , n]) => [name, n] as [string, number])],
    );
    for (const line of lines.split('\n').slice(1))
      expect(line)
        .to.match(/^p\d+ +\d+$/)
        .and.have.length(9);
  });

  it('is its head where there are no rows', () => {
    expect(table(['A', 'B'], [])).to.equal('A  B');
  });
});
