import Database from 'better-sqlite3';
import { expect } from 'chai';
import { openRedrain } from '../../../src/index.js';
import { captured, sendTo } from '../../processes/given-events.js';
import { payloads } from '../../processes/journal-rows.js';
import { fileEvents } from '../../support/file-events.js';
import { stateOf } from '../../support/temporary-home.js';
import { WarmCli } from '../../support/warm-cli.js';
import { counted } from '../home-state.js';
import type { Operation, Scene } from '../operation.js';

const FIRST = '{"event_id":"e","event_type":"T","n":1}';
const SECOND = '{"event_id":"e","event_type":"T","n":2}';

const conflict: Operation = {
  name: 'conflict',
  command: 'redrain conflicts resolve 1 --keep incoming --yes',
  async prepare(): Promise<Scene> {
    const cli = new WarmCli();
    sendTo(cli, 'stub:');
    await captured(cli, [FIRST]);
    const redrain = await openRedrain({ home: cli.home, env: cli.env });
    expect(await redrain.captureMany([SECOND])).to.include({ conflicts: 1 });
    await redrain.close();
    const count = (sql: string): number => counted(cli.home, `SELECT count(*) FROM ${sql}`);
    return {
      cli,
      run: (watched) =>
        cli.run(['conflicts', 'resolve', '1', '--keep', 'incoming', '--yes', '--json'], watched),
      state: () =>
        `revisions: ${count('event')}, open conflicts: ${count('conflict WHERE resolved_at IS NULL')}`,
      whole: () => {
        expect(payloads(cli.home).map(({ bytes }) => String(bytes))).to.deep.equal([FIRST, SECOND]);
        expect(count('conflict WHERE resolved_at IS NULL')).to.equal(0);
        expect(count('audit')).to.equal(1);
      },
    };
  },
};

const repair: Operation = {
  name: 'repair',
  command: 'redrain verify --repair',
  async prepare(): Promise<Scene> {
    const cli = new WarmCli();
    sendTo(cli, 'stub:');
    await captured(cli, [FIRST]);
    const db = new Database(`${stateOf(cli.home)}/journal.db`);
    fileEvents(db);
    db.exec('UPDATE journal_count SET events = events + 5');
    db.close();
    const total = (): number => counted(cli.home, 'SELECT sum(events) FROM journal_count');
    return {
      cli,
      run: (watched) => cli.run(['verify', '--repair', '--json'], watched),
      state: () =>
        `events: ${counted(cli.home, 'SELECT count(*) FROM event')}, by the counter: ${total()}`,
      whole: () => {
        expect(total()).to.equal(1);
      },
    };
  },
};

export const DECIDING: readonly Operation[] = [conflict, repair];
