import { expect } from 'chai';
import pg from 'pg';
import { closeAfterTest } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';
import { forgetRedis, POSTGRES_URL, placeAt, REDIS_URL } from './given-stores.js';
import { needsPostgres, needsRedis } from './needs.js';

interface DoctorDocument {
  readonly checks: readonly { readonly check: string; readonly message: string }[];
}

describe('commands on a home whose jobs are on BullMQ', () => {
  it('say what is wrong with the address, without its secrets', async () => {
    const cli = new WarmCli({ REDRAIN_QUEUE_URL: 'redis://me:secret@127.0.0.1:1/0' });
    const { code, stderr } = await cli.run(['jobs', 'list']);
    expect(code).to.equal(1);
    expect(stderr).to.equal(
      'error: the job queue at redis://127.0.0.1:1/0 cannot be used: nobody listens there\n',
    );
    const config = await cli.run(['config']);
    expect(config.stdout).to.contain('redis://127.0.0.1:1/0').and.not.contain('secret');
    const wrong = await cli.run(['jobs', 'list'], { env: { REDRAIN_QUEUE_URL: 'amqp://h' } });
    expect([wrong.code, wrong.stderr]).to.deep.equal([
      64,
      'error: the address of the job queue, amqp://h, cannot be used: it must begin with redis://, rediss:// or postgres://\n',
    ]);
  });

  it('have no tables to make for jobs that are in the home', async () => {
    const { code, stdout } = await new WarmCli().run(['jobs', 'init']);
    expect([code, stdout]).to.deep.equal([
      0,
      'jobs are kept in the home: nothing has to be made\n',
    ]);
  });

  describe('in Redis', () => {
    needsRedis();
    it('need no tables, and show where the jobs are', async () => {
      const place = placeAt(REDIS_URL);
      closeAfterTest(() => forgetRedis(place));
      const cli = new WarmCli({ REDRAIN_QUEUE_URL: `${REDIS_URL}?prefix=${place.space}` });
      expect((await cli.run(['jobs', 'init'])).stdout).to.contain('it needs no tables');
      expect((await cli.run(['enqueue', 'dispatch'])).stdout).to.contain('queue dispatch: waiting');
      expect((await cli.run(['jobs', 'list'])).stdout).to.match(/^dispatch +1 /m);
      const { checks } = (await cli.run(['doctor', '--json'])).json<DoctorDocument>();
      const [first] = checks.filter(({ check }) => check === 'job_queue');
      expect(first?.message).to.equal(`jobs are kept at ${REDIS_URL}?prefix=…`);
    });
  });

  describe('in PostgreSQL', () => {
    needsPostgres();
    it('make their tables when they are told to', async () => {
      const { space } = placeAt(POSTGRES_URL);
      closeAfterTest(() => dropSchema(space));
      const cli = new WarmCli({ REDRAIN_QUEUE_URL: `${POSTGRES_URL}&schema=${space}` });
      const before = await cli.run(['jobs', 'list']);
      expect(before.code).to.equal(64);
      expect(before.stderr).to.contain(`the schema ${space}: \`redrain jobs init\` makes them`);
      for (let time = 0; time < 2; time += 1)
        expect((await cli.run(['jobs', 'init'])).stdout).to.contain('its tables are up to date');
      expect((await cli.run(['enqueue', 'dispatch'])).stdout).to.contain('queue dispatch: waiting');
    });
  });
});

async function dropSchema(schema: string): Promise<void> {
  const client = new pg.Client(POSTGRES_URL);
  await client.connect();
  await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
  await client.end();
}
