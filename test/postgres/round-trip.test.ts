import { expect } from 'chai';
import pg from 'pg';
import { placeOf } from '../../src/postgres/place.js';
import { Queries } from '../../src/postgres/transaction.js';
import { failureOf } from '../support/failure-of.js';
import { postgresJournals } from '../support/postgres-journal.js';
import { closeAfterTest } from '../support/temporary-home.js';

const SUM = 'SELECT @a::int + @b::int AS sum';
const QUOTIENT = 'SELECT @a::int / @b::int AS quotient';
const PUT = 'INSERT INTO things VALUES (@n::int)';
const THINGS = 'SELECT n FROM things ORDER BY n';

describe('statements that go to PostgreSQL in one round trip', () => {
  const journals = postgresJournals();
  let client: pg.Client;
  let queries: Queries;
  /** How many round trips there were. */
  let trips: number;

  beforeEach(async () => {
    client = new pg.Client(placeOf(journals.forTest()).connectionString);
    await client.connect();
    closeAfterTest(() => client.end());
    await client.query('CREATE TEMP TABLE things (n int)');
    queries = new Queries(client);
    const { query } = client;
    trips = 0;
    client.query = ((...asked: unknown[]) => {
      trips += 1;
      return Reflect.apply(query, client, asked);
    }) as typeof query;
  });

  const things = async () => (await queries.all<{ n: number }>(THINGS)).map(({ n }) => n);

  it('are those that are asked for without a wait between them, done in their order', async () => {
    const numbers = { numbers: [1, 2, 3] };
    const found = await Promise.all([
      queries.get(SUM, { a: 1, b: 2 }),
      queries.run(PUT, { n: 7 }),
      queries.many('SELECT unnest(@numbers::bigint[])', numbers, (row) => row.int64()),
      queries.all(THINGS),
      queries.many('SELECT n::bigint FROM things WHERE @n > 0', { n: 1 }, (row) => row.int64()),
    ]);
    expect(found).to.deep.equal([{ sum: 3 }, 1, [1, 2, 3], [{ n: 7 }], [7]]);
    expect(trips).to.equal(1);
    await queries.get(SUM, { a: 1, b: 2 });
    await queries.get(SUM, { a: 1, b: 2 });
    expect(trips).to.equal(3);
  });

  it('end with the first that fails: those before it are answered, those after it are not done', async () => {
    const asked = () =>
      Promise.allSettled([
        queries.get(SUM, { a: 1, b: 2 }),
        queries.get(QUOTIENT, { a: 1, b: 0 }),
        queries.run(PUT, { n: 1 }),
        queries.many('SELECT @n::bigint', { n: 1 }, (row) => row.int64()),
      ]);
    // The second time, what was not reached the first time must be prepared all the same.
    for (const time of [1, 2]) {
      const [sum, quotient, ...others] = await asked();
      expect(sum, `${time}`).to.deep.equal({ status: 'fulfilled', value: { sum: 3 } });
      for (const end of [quotient, ...others])
        expect(String((end as PromiseRejectedResult).reason)).to.match(/division by zero/);
    }
    expect(await queries.run(PUT, { n: 2 })).to.equal(1);
    expect(await queries.get(QUOTIENT, { a: 4, b: 2 })).to.deep.equal({ quotient: 2 });
    expect(await things()).to.deep.equal([2]);
  });

  it('may be the same one twice', async () => {
    const sums = () =>
      Promise.all([1, 2].map((a) => queries.get<{ sum: number }>(SUM, { a, b: 1 })));
    for (const _time of [1, 2]) expect(await sums()).to.deep.equal([{ sum: 2 }, { sum: 3 }]);
  });

  it('have the time of each of them together', async () => {
    const { url } = journals;
    const hasty = new pg.Client({ ...placeOf(url), query_timeout: 1_000 });
    await hasty.connect();
    closeAfterTest(() => hasty.end());
    const sleeping = new Queries(hasty);
    const sleep = () => sleeping.get<{ slept: string }>('SELECT pg_sleep(0.4) AS slept');
    expect(await Promise.all([sleep(), sleep(), sleep()])).to.have.length(3);
  });

  it('are also those that were to wait, and fail with what they go with', async () => {
    const first = queries.later(PUT, { n: 1 });
    await new Promise(setImmediate);
    expect(trips).to.equal(0);
    expect(await things()).to.deep.equal([1]);
    expect([await first, trips]).to.deep.equal([1, 1]);
    queries.later(QUOTIENT, { a: 1, b: 0 });
    expect(String(await failureOf(queries.run(PUT, { n: 2 })))).to.match(/division by zero/);
    expect(await things()).to.deep.equal([1]);
  });

  it('are none where a value cannot be written: nothing is committed without it', async () => {
    const circular: { self?: object } = {};
    circular.self = circular;
    client.on('error', () => undefined);
    await journals.owner.query('CREATE TABLE kept (n int)');
    closeAfterTest(() => journals.owner.query('DROP TABLE kept'));
    const keep = 'INSERT INTO redrain.kept VALUES (@n::int)';
    await queries.run('BEGIN');
    await queries.run(keep, { n: 1 });
    const [one, other] = [queries.later(keep, { n: 2 }), queries.later(keep, { n: circular })];
    const failure = await failureOf(queries.result('COMMIT'));
    expect(failure.message).to.match(/^a value of this statement cannot be written: INSERT INTO /);
    expect(await failureOf(one)).to.equal(failure);
    expect((await failureOf(other)).message).to.match(/circular|cannot be written/);
    const { rows } = await journals.owner.query('SELECT n FROM kept');
    expect(rows).to.deep.equal([]);
  });

  it('say where they were asked for', async () => {
    async function askHere(): Promise<void> {
      await queries.get(QUOTIENT, { a: 1, b: 0 });
    }
    expect((await failureOf(askHere())).stack).to.match(/askHere/);
  });
});
