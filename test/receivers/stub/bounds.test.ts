import { gzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { startServer } from '../../../src/receivers/stub/server.js';
import { Sink } from '../../../src/receivers/stub/sink.js';
import { closeAfterTest } from '../../support/temporary-home.js';

async function post(body: Buffer): Promise<number> {
  const server = await startServer({ db: ':memory:' });
  closeAfterTest(() => server.close());
  const headers = { 'content-encoding': 'gzip' };
  return (await fetch(`${server.url}/in`, { method: 'POST', headers, body: gzipSync(body) }))
    .status;
}

describe('the stub server and bodies that decompress to much more', () => {
  it('refuses what grows beyond its limit', async () => {
    expect(await post(Buffer.alloc(66 << 20, ' '))).to.equal(413);
  });

  it('does not parse deeply nested brackets', async () => {
    expect(await post(Buffer.from(`{"events":[${'[],'.repeat(1_000_001)}1]}`))).to.equal(413);
    expect(
      await post(Buffer.from(`{"events":[${'[{"a":1}],'.repeat(10)}{"event_id":"e"}]}`)),
    ).to.equal(200);
  });

  it('has every commit on disk before it answers', () => {
    const settings: string[] = [];
    const pragma = Database.prototype.pragma;
    Database.prototype.pragma = function (text: string, ...more) {
      settings.push(text);
      return pragma.call(this, text, ...more);
    };
    try {
      new Sink({ db: ':memory:' }).close();
    } finally {
      Database.prototype.pragma = pragma;
    }
    expect(settings).to.include('synchronous = FULL');
  });
});
