import { expect } from 'chai';
import { QueuePackageError } from '../../src/bullmq/errors.js';
import { loaded } from '../../src/bullmq/packages.js';
import { QueueAddressError, queuePlace } from '../../src/bullmq/place.js';

const ENV = { REDIS_PASSWORD: 'p@ss/word', EMPTY: '' };
const place = (address: string) => queuePlace(address, ENV, '0a1b-c');

describe('the address of the job queue', () => {
  it('names a store, and keys or tables that belong to the home', () => {
    expect(place('redis://127.0.0.1:6379/2')).to.deep.equal({
      kind: 'redis',
      url: 'redis://127.0.0.1:6379/2',
      shown: 'redis://127.0.0.1:6379/2',
      space: 'redrain:0a1b-c',
    });
    expect(place('rediss://cache:6380')).to.include({ kind: 'redis' });
    expect(place('postgres://db/jobs')).to.include({
      kind: 'postgres',
      space: 'redrain_jobs_0a1b_c',
    });
  });

  it('may name what it shares with other homes, and the driver hears nothing of that', () => {
    expect(place('redis://h?prefix=fleet')).to.include({ url: 'redis://h', space: 'fleet' });
    expect(place('postgresql://h/d?schema=fleet&sslmode=require')).to.include({
      url: 'postgresql://h/d?sslmode=require',
      space: 'fleet',
    });
  });

  it('has its secrets from the environment, and shows none', () => {
    const found = place(`redis://:\${REDIS_PASSWORD}@h:6379`);
    expect(new URL(found.url).password).to.equal('p%40ss%2Fword');
    expect(place('postgres://me:secret@h/d').shown).to.equal('postgres://h/d');
    expect(found.shown).to.equal('redis://h:6379');
  });

  for (const [address, why] of [
    ['amqp://h', 'must begin with redis://'],
    ['nonsense', 'no URL'],
    [`redis://:\${NOT_SET}@h`, 'the variable NOT_SET is not set'],
    [`redis://:\${EMPTY}@h`, 'the variable EMPTY is not set'],
    ['postgres://h/d?schema=a%22b', 'schema may have'],
    ['redis://me:secret@h?prefix=a*b', 'prefix may have'],
  ] as const)
    it(`is refused with words: ${address}`, () => {
      expect(() => place(address))
        .to.throw(QueueAddressError, why)
        .with.property('message')
        .that.does.not.contain('secret');
    });

  it('whose package is not installed says what to install', async () => {
    const missing = () => import(`bullmq-${'that-nobody-has'}`);
    const error = await loaded(place('redis://h'), ['bullmq', 'ioredis'], missing).catch(
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(QueuePackageError);
    expect((error as Error).message).to.contain('npm install bullmq ioredis');
  });
});
