import { expect } from 'chai';
import { readConflict } from '../../src/app/conflicts.js';
import { migrate } from '../../src/app/spec-kitty/migrate.js';
import { resolveHome } from '../../src/config/home.js';
import { Redrain } from '../../src/index.js';
import { oldEvent, oldEvents, scopedFile, writeQueue } from '../spec-kitty/legacy/old-queues.js';
import { type Cli } from '../support/cli.js';
import { type EventServer, eventServer } from '../support/event-server.js';
import { Machine } from '../support/machine.js';
import { WarmCli } from '../support/warm-cli.js';

/** Two events that two old files tell differently, among others that nobody doubts. */
async function givenConflicts(): Promise<{ cli: Cli; machine: Machine }> {
  const cli = new WarmCli();
  const machine = new Machine(cli.env, cli.home);
  const paths = resolveHome({ home: cli.home, env: {} });
  const scoped = scopedFile(paths, 'https://a.example', 'ada', 'blue');
  writeQueue(scoped, {
    rows: [oldEvent('one', { n: 1 }), oldEvent('two', { n: 1 }), ...oldEvents(5)],
  });
  writeQueue(paths.legacyQueue, { rows: [oldEvent('one', { n: 2 }), oldEvent('two', { n: 2 })] });
  const report = await migrate(machine.app());
  expect(report).to.include({ open_conflicts: 2 });
  return { cli, machine };
}

describe('incident 5: a conflict blocked everything, and no command could resolve it', () => {
  it('everything else is delivered meanwhile; a decision is one command, and the loser is kept', async () => {
    const { cli, machine } = await givenConflicts();
    const [early, late] = [await eventServer(), await eventServer()];
    const app = machine.app();
    const redrain = Redrain.on(app);

    machine.sendTo(early.url);
    expect(await redrain.drain()).to.include({ delivered: 7, blocked_reason: null });

    const list = await cli.run(['conflicts', 'list']);
    expect(list.stdout).to.contain('one').and.contain('two').and.contain('to decide');
    for (const [event, keep] of [
      ['one', 'incoming'],
      ['two', 'journal'],
    ] as const) {
      const run = await cli.run(['conflicts', 'resolve', event, '--keep', keep, '--yes']);
      expect(run.code, run.stderr).to.equal(0);
    }

    expect(await migrate(app)).to.include({ open_conflicts: 0 });
    machine.sendTo(late.url);
    expect(await redrain.drain()).to.include({ delivered: 7, terminal_failed: 0 });
    expect(contents(late)).to.include({ one: 2, two: 1 });
    expect(contents(early)).to.include({ one: 1, two: 1 });
    for (const event of ['one', 'two']) {
      const { incoming } = await readConflict(app, event);
      expect(incoming.text, 'the payload that came second').to.contain('"n": 2');
    }
    const revisions = (await redrain.inspect('one'))?.revisions ?? [];
    expect(revisions.map(({ bytes }) => /"n": (\d)/.exec(`${bytes}`)?.[1])).to.deep.equal([
      '1',
      '2',
    ]);
  });
});

/** What a server was told of each event. */
function contents({ seen }: EventServer): Record<string, number | undefined> {
  const events = seen.flatMap(
    ({ body }) =>
      (JSON.parse(body.toString()) as { events: { event_id: string; n?: number }[] }).events,
  );
  return Object.fromEntries(events.map(({ event_id, n }) => [event_id, n]));
}
