import { expect } from 'chai';
import type { BinaryRow } from '../../src/postgres/copy-out.js';
import type { JournalDatabase } from '../../src/postgres/journal-database.js';
import { openStores } from '../../src/postgres/stores.js';
import { failureOf } from '../support/failure-of.js';
import { postgresJournals } from '../support/postgres-journal.js';
import { closeAfterTest } from '../support/temporary-home.js';

type Numbers = Readonly<Record<string, number | readonly number[]>>;

describe('many rows from PostgreSQL', () => {
  const journals = postgresJournals();
  let db: JournalDatabase;

  beforeEach(async () => {
    const stores = await openStores(journals.forTest());
    closeAfterTest(() => stores.close());
    db = stores.db;
  });

  const many = <R>(sql: string, values: Numbers, read: (row: BinaryRow) => R): Promise<R[]> =>
    db.read((queries) => queries.many(sql, values, read));

  const one = (row: BinaryRow) => row.int64();

  /** The connection of the one that failed is used again. */
  const assertUsable = async () =>
    expect(await many('SELECT @n::bigint', { n: 1 }, one)).to.deep.equal([1]);

  it('have the values they have there, in their order', async () => {
    const numbers = [Number.MAX_SAFE_INTEGER, -1, 0, -(2 ** 40), 2 ** 32];
    const sql = `SELECT n, 7, 'ä@n'::text, NULL::text, decode('00ff5c78', 'hex'), NULL::bytea, ''::text
      FROM unnest(@numbers::bigint[]) WITH ORDINALITY AS u (n, place) ORDER BY place`;
    const rows = await many(sql, { numbers }, (row) => [
      row.int64(),
      row.int32(),
      row.text(),
      row.text(),
      row.bytes()?.toString('hex'),
      row.bytes(),
      row.text(),
    ]);
    expect(rows).to.deep.equal(numbers.map((n) => [n, 7, 'ä@n', null, '00ff5c78', null, '']));
  });

  it('are as many as there are, none included, and keep their bytes when others follow', async () => {
    expect(await many('SELECT 1::bigint WHERE @n = 0', { n: 1 }, one)).to.deep.equal([]);
    expect(await many('SELECT unnest(@numbers::bigint[])', { numbers: [] }, one)).to.deep.equal([]);
    const sql = `SELECT n, convert_to(repeat(n::text, 200), 'UTF8') FROM generate_series(1, @n::bigint) n`;
    const rows = await many(sql, { n: 5_000 }, (row) => [row.int64(), row.bytes()?.toString()]);
    expect(rows).to.deep.equal(
      Array.from({ length: 5_000 }, (_, at) => [at + 1, String(at + 1).repeat(200)]),
    );
  });

  it('are refused where a number cannot be told, or a field is of another type', async () => {
    const large = many('SELECT @n::bigint + 1', { n: Number.MAX_SAFE_INTEGER }, one);
    expect((await failureOf(large)).message).to.match(/too large a number/);
    await assertUsable();
    const small = many('SELECT 1::int FROM generate_series(1, @n::bigint)', { n: 1_000 }, one);
    expect((await failureOf(small)).message).to.match(/a field of 4 bytes/);
    await assertUsable();
  });

  it('fail with the error of the server, at once or in the middle', async () => {
    expect((await failureOf(many('SELECT nothing', {}, one))).message).to.match(/nothing/);
    await assertUsable();
    const sql = 'SELECT 1000 / (@n::bigint - n) FROM generate_series(1, 5000) n';
    expect((await failureOf(many(sql, { n: 4_000 }, one))).message).to.match(/division by zero/);
    await assertUsable();
  });

  it('take whole numbers alone as values', async () => {
    for (const n of [
      0.5,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      '1; DROP TABLE head' as never,
      [1, 0.5],
    ])
      expect((await failureOf(many('SELECT @n', { n }, one))).message).to.match(/no whole number/);
    expect((await failureOf(many('SELECT @n', {}, one))).message).to.match(/no whole number/);
    await assertUsable();
  });
});
