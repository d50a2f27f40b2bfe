import { expect } from 'chai';
import { forTerminal } from '../../src/cli/color.js';
import { type Column, table } from '../../src/cli/table.js';
import { widthOf } from '../../src/cli/width.js';

interface Row {
  readonly id: string;
  readonly type: string;
  readonly n: number;
  readonly note: string | null;
}

const COLUMNS: readonly Column<Row>[] = [
  { key: 'id', heading: 'ID', value: ({ id }) => id, shrink: { how: 'middle', least: 9 } },
  { key: 'type', heading: 'TYPE', value: ({ type }) => type, shrink: { how: 'end', least: 6 } },
  { key: 'n', heading: 'N', value: ({ n }) => n },
  {
    key: 'note',
    heading: 'NOTE',
    value: ({ note }) => note,
    shrink: { how: 'fold', least: 8 },
    isOptional: true,
  },
];

const given = (more: Partial<Row> = {}): Row => ({ id: 'a', type: 'T', n: 1, note: null, ...more });
const UUID = '019a2b3c-4d5e-7f60-8192-a3b4c5d6e7f8';
const WORST: readonly Row[] = [
  given({ id: UUID, type: 'PaymentFailedForGood', n: 1_234_567, note: 'one two three '.repeat(9) }),
  given({ id: '漢字'.repeat(40), type: 'é🙂👩‍👩‍👧 '.repeat(20), note: 'x'.repeat(500) }),
  given({ id: 'שלום עולם', type: 'مرحبا', note: '\u001b[31mred\u202e\n\t' }),
];

const screen = (columns: number, isTerminal = true) => ({ isTerminal, columns, rows: 24 });
const linesOf = (rows: readonly Row[], columns: number): string[] =>
  forTerminal(table(COLUMNS, rows, screen(columns))).split('\n');

/** The mark of a direction takes no column. */
const withoutMarks = (line: string): string => line.replaceAll('\u200e', '');

describe('a table', () => {
  it('has columns that stand one below the other, and numbers to the right', () => {
    const lines = linesOf([given({ id: 'long-id', n: 1_000 }), given({ type: '漢字' })], 80);
    expect(lines).to.deep.equal([
      'ID       TYPE      N',
      'long-id  T     1,000',
      'a        漢字      1',
    ]);
  });

  it('fits every width, whatever the values are', () => {
    for (const columns of [200, 120, 80, 60, 40, 24, 20])
      for (const line of linesOf(WORST, columns))
        expect(widthOf(withoutMarks(line)), `${columns}: ${line}`).to.be.at.most(columns);
  });

  it('says in the values what was cut, and folds what has to be read whole', () => {
    const [, row = ''] = linesOf(WORST.slice(0, 1), 60);
    expect(row).to.match(/^019a\S*…\S*e7f8 +Payment\S*… +1,234,567 +one/);
    expect(linesOf(WORST.slice(0, 1), 60).join(' ').match(/three/g)).to.have.length(9);
  });

  it('turns each row into lines where the columns have no room', () => {
    const text = linesOf([given(), given({ id: 'b', note: 'why' })], 14).join('\n');
    expect(text).to.equal('ID    a\nTYPE  T\nN     1\n\nID    b\nTYPE  T\nN     1\nNOTE  why');
  });

  it('gives a pipe whole values and ISO times', () => {
    const columns: Column<string>[] = [
      { key: 'at', heading: 'AT', value: () => 0, isTime: true },
      { key: 'id', heading: 'ID', value: (id) => id, shrink: { how: 'end', least: 5 } },
    ];
    const text = table(columns, [UUID.repeat(10)], screen(Number.POSITIVE_INFINITY, false));
    expect(text).to.include(`1970-01-01T00:00:00.000Z  ${UUID.repeat(10)}`);
    const now = table(columns, [UUID], screen(80));
    expect(now).to.include('1970-01-01  019a');
  });

  it('lets no value act on the terminal or on the cells beside it', () => {
    const text = linesOf(WORST, 200).join('\n');
    expect(text)
      .to.include('\\x1b[31mred\\u202e\\n\\t')
      .and.not.match(/\p{Cc}\[|\u202e/u);
    // The mark ends the direction of the letters, so that the number stays behind them.
    expect(text).to.include('\u200eשלום עולם\u200e').and.include('\u200eمرحبا\u200e');
  });

  it('leaves out an optional column that has nothing, and is its head without rows', () => {
    expect(linesOf([given()], 80)[0]).to.equal('ID  TYPE  N');
    expect(linesOf([], 80)).to.deep.equal(['ID  TYPE  N']);
  });

  it('of 20,000 rows takes no time that anybody notices', () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => given({ id: `${UUID}${i}`, n: i }));
    const before = process.cpuUsage();
    expect(linesOf(rows, 80)).to.have.length(20_001);
    expect(process.cpuUsage(before).user / 1000).to.be.below(2_000);
  });
});
