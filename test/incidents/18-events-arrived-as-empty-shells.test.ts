import { expect } from 'chai';
import { migrate } from '../../src/app/spec-kitty/migrate.js';
import { resolveHome } from '../../src/config/home.js';
import { writeQueue } from '../spec-kitty/legacy/old-queues.js';
import { type Cli, startReceiver } from '../support/cli.js';
import { Machine } from '../support/machine.js';
import { WarmCli } from '../support/warm-cli.js';

/** Odd, and still events: every byte of them has to arrive. */
const SENDABLE: Readonly<Record<string, string>> = {
  spaced: '{"event_id": "spaced",  "n": 1.50, "é": "\\u00e9", "big": 12345678901234567890}',
  nested: '{"payload": {"event_id": "inner"}, "event_id": "nested"}',
  empty: '{"event_id": "empty", "payload": null}',
};

/** No event under the id of its row: nothing may be made up in its place. */
const UNSENDABLE: Readonly<Record<string, string>> = {
  text: '"just a text"',
  list: '[{"event_id": "list"}]',
  nothing: 'null',
  half: '{"event_id": "half"',
  renamed: '{"event_id": "somebody-else", "n": 1}',
  numbered: '{"event_id": 7}',
};

async function givenImported(endpoint: string): Promise<{ cli: Cli; machine: Machine }> {
  const cli = new WarmCli();
  const machine = new Machine(cli.env, cli.home).sendTo(endpoint);
  const all = Object.entries({ ...SENDABLE, ...UNSENDABLE });
  const paths = resolveHome({ home: cli.home, env: {} });
  writeQueue(paths.legacyQueue, { rows: all.map(([eventId, data]) => ({ eventId, data })) });
  const app = machine.app();
  await migrate(app);
  await app.close();
  return { cli, machine };
}

describe('incident 18: events arrived as empty shells, or under an id that is not theirs', () => {
  it('the exact bytes are sent, or the event ends with a reason and is never posted', async () => {
    const receiver = await startReceiver();
    const { cli, machine } = await givenImported(receiver.url);

    const run = await cli.run(['now']);
    expect(run.code, run.stderr).to.equal(7);
    expect(run.stdout).to.contain('3 delivered, 6 failed for good');

    const arrived = receiver.sink.eventIds().map((id) => [id, `${receiver.sink.bytesOf(id)}`]);
    expect(Object.fromEntries(arrived)).to.deep.equal(SENDABLE);
    const ends = machine.rows<{ id: string; reason: string | null; bytes: Buffer }>(
      `SELECT event_id AS id, last_error AS reason, bytes FROM delivery JOIN event USING (seq)
       JOIN payload USING (seq) WHERE status = 'terminal_failed'`,
    );
    expect(ends.map(({ id }) => id)).to.have.members(Object.keys(UNSENDABLE));
    for (const { id, reason, bytes } of ends) {
      expect(reason, id).to.match(/^its data .*never sent$/);
      expect(run.stderr, id).to.contain(`${id}: terminal_failed: ${reason}`);
      expect(bytes.toString(), id).to.equal(UNSENDABLE[id]);
    }
  });
});
