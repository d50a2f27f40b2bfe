import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect } from 'chai';
import { Cli, startServe } from '../support/cli.js';

describe('redrain serve', () => {
  it('receives until it is asked to stop, counts, and ends well', async () => {
    const serve = await startServe();
    const body = '{"events":[{"event_id":"a","event_type":"T"}]}';
    const answer = await fetch(`${serve.url}/any/path`, { method: 'POST', body });
    expect(await answer.json()).to.deep.equal({ results: [{ event_id: 'a', status: 'success' }] });
    expect(await serve.stats()).to.include({ posts: 1, events: 1, unique: 1, duplicates: 0 });
    const ended = await serve.stop();
    expect(ended.code, ended.stderr).to.equal(0);
    expect(ended.json()).to.include({ url: serve.url, db: serve.db });
    expect(ended.stderr).to.include('"unique":1').and.include('stopping after the requests');
  });

  it('ends when it is asked to, also when its database is gone, and says so', async () => {
    const serve = await startServe();
    await serve.stats();
    rmSync(dirname(serve.db), { recursive: true });
    const ended = await serve.stop();
    expect(ended.code, ended.stderr).to.equal(1);
    expect(ended.stderr).to.include(serve.db).and.include('does not exist');
  });

  it('says in one line that a port is taken or a file cannot be opened', async () => {
    const serve = await startServe();
    const { port } = new URL(serve.url);
    const cli = new Cli();
    for (const [args, says] of [
      [['--port', port], /another program listens on this port/],
      [['--db', `${cli.root}/nowhere/sink.db`], /nowhere\/sink\.db: it does not exist/],
    ] as const) {
      const run = await cli.startBare(['serve', ...args]).exited;
      expect(run.code, run.stderr).to.equal(1);
      expect(run.stderr).to.match(says);
      expect(run.stderr.trim().split('\n')).to.have.length(1);
    }
  });
});
