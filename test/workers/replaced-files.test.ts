import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { stateOf } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';
import { startWorker } from './worker-process.js';

const READY = '"msg":"ready"';

/** How often this line was logged. */
const times = (text: string, what: string): number => text.split(what).length - 1;

function idsIn(state: string): unknown[] {
  const db = new Database(join(state, 'journal.db'), { readonly: true });
  const ids = db.prepare('SELECT event_id FROM event ORDER BY seq').pluck().all();
  db.close();
  return ids;
}

function backUp(state: string): () => void {
  const names = ['journal.db', 'jobs.db'];
  for (const name of names) {
    const db = new Database(join(state, name));
    db.exec(`VACUUM INTO '${join(state, name)}.backup'`);
    db.close();
  }
  return () => {
    for (const name of names) {
      for (const suffix of ['', '-wal', '-shm'])
        rmSync(join(state, name + suffix), { force: true });
      copyFileSync(join(state, `${name}.backup`), join(state, name));
    }
  };
}

describe('a worker whose files are', () => {
  for (const how of ['replaced', 'removed'] as const)
    it(`${how} opens what is there now, and does the jobs of that`, async () => {
      const cli = new WarmCli();
      const state = stateOf(cli.home);
      const enqueue = async (id: string): Promise<void> => {
        const stdin = `{"event_id":"${id}","event_type":"T"}\n`;
        const { code, stderr } = await cli.run(['enqueue', 'capture', '-'], { stdin });
        expect(code, stderr).to.equal(0);
      };
      const worker = startWorker(cli, 'capture', ['--sweep-interval', '60000']);
      await worker.until(({ stdout }) => stdout.includes(READY), 'the worker to be ready');
      await enqueue('before');
      await worker.until(({ stdout }) => stdout.includes('"msg":"captured"'), 'the first job');
      const putBack = backUp(state);
      if (how === 'replaced') putBack();
      else rmSync(state, { recursive: true });
      await worker.until(
        ({ stdout }) => times(stdout, READY) === 2,
        'the files to be opened again',
      );
      await enqueue('after');
      await worker.until(({ stdout }) => times(stdout, '"msg":"captured"') === 2, 'the second job');
      worker.kill('SIGTERM');
      expect((await worker.exited).code).to.equal(0);
      expect(idsIn(state)).to.deep.equal(how === 'replaced' ? ['before', 'after'] : ['after']);
    });
});
