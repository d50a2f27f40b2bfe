import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { startReceiver } from '../support/cli.js';
import { Machine } from '../support/machine.js';

/** Names that lossy file names could not tell apart. */
const USERS = ['a+b@x', 'a b@x', 'a_b@x', 'a/b@x', 'é@x', 'e\u0301@x', 'e@x', '../x', 'u|t'];

/** Everything in a home but SQLite's own side files. */
const filesIn = (home: string): string[] =>
  readdirSync(home, { recursive: true, encoding: 'utf8' }).filter(
    (name) => !/-(wal|shm|journal)$/.test(name),
  );

describe('incident 20: two users’ journals shared one file', () => {
  it('identity is in no file name; every event and every target has its own', async () => {
    const receiver = await startReceiver();
    const { home } = new Machine().configure(
      `[sync]\nserver_url = "${receiver.url}"\n[sync.projects]\nunassigned = "allow"\n`,
    );
    const scopes = new Set<unknown>();
    for (const [i, user] of USERS.entries()) {
      const env = {
        SPEC_KITTY_ENABLE_SAAS_SYNC: '1',
        SPEC_KITTY_TOKEN: 'token',
        SPEC_KITTY_TEAM: 'blue',
        SPEC_KITTY_USER: user,
      };
      const redrain = new Machine(env, home).open();
      await redrain.capture({ event_id: `of-${i}`, event_type: 'T' });
      expect(await redrain.drain(), user).to.include({ delivered: 1, duplicate: i, held: 0 });
      const { target_authority } = await redrain.status();
      scopes.add(target_authority?.queue_db_path ?? '');
      await redrain.close();
    }

    const machine = new Machine({}, home);
    expect(filesIn(home)).to.have.members([
      'config.toml',
      'journal.db',
      'locks',
      join('locks', 'schema.lock'),
      ...USERS.map((_, i) => join('locks', `target-${i + 1}.lock`)),
    ]);
    expect(
      machine.rows('SELECT event_id AS id, producer_user AS user FROM event ORDER BY seq'),
    ).to.deep.equal(USERS.map((user, i) => ({ id: `of-${i}`, user })));
    expect(machine.rows('SELECT user_email AS user FROM target ORDER BY id')).to.deep.equal(
      USERS.map((user) => ({ user })),
    );
    expect(scopes.size, 'their old queue files differ too').to.equal(USERS.length);
  });
});
