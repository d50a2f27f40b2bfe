import { mock } from 'node:test';
import { expect } from 'chai';
import pino from 'pino';
import { turn } from '../../src/base/pace.js';
import { dispatchWorker } from '../../src/workers/dispatch-worker.js';
import { DueWatch } from '../../src/workers/due-watch.js';
import { TroubleLog } from '../../src/workers/trouble-log.js';
import { captured } from '../processes/given-events.js';
import { type Cli, startReceiver } from '../support/cli.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';
import { type GivenService, givenService, runIdle } from './given-service.js';

/** So many looks at the journal fit into the second that is promised, at 150 ms each. */
const LOOKS_IN_A_SECOND = 6;

describe('a look at the journal, every 150 ms', () => {
  let service: GivenService;
  let cli: Cli;
  /** Of the log of the worker, from `info` on. */
  let lines: string[];

  beforeEach(async () => {
    cli = new WarmCli();
    const receiver = await startReceiver();
    cli.configure(`[redrain.targets.a]\nurl = "${receiver.url}"\n`);
    await captured(cli, [JSON.stringify({ event_id: 'e1', event_type: 'T' })]);
    lines = [];
    const log = pino({ level: 'info' }, { write: (line: string) => lines.push(saidIn(line)) });
    const given = await givenService(cli.home, ['--target', 'a']);
    service = { ...given, log, trouble: new TroubleLog(log) };
    mock.timers.enable({ apis: ['setInterval'] });
    const watch = new DueWatch(service, () => {});
    watch.start();
    closeAfterTest(() => watch.stop());
  });
  afterEach(() => mock.timers.reset());

  async function look(): Promise<void> {
    mock.timers.tick(150);
    // What a look begins is done in turns of the event loop.
    for (let turns = 0; turns < 200; turns += 1) await turn();
  }

  const drains = async () =>
    (await service.queues.queue('dispatch:1').getJobs(['waiting', 'delayed'])).length;

  it('adds a drain for what another command asks for again', async () => {
    // The worker learns of its target, which may lack everything, and looks at it.
    await runIdle(dispatchWorker, service);
    for (let looks = 0; looks < 3; looks += 1) await look();
    await runIdle(dispatchWorker, service);
    await look();
    expect(await drains()).to.equal(0);
    expect((await cli.run(['replay', '--to', 'a', '--type', 'T'])).code).to.equal(0);
    let looks = 0;
    for (; (await drains()) === 0 && looks <= LOOKS_IN_A_SECOND; looks += 1) await look();
    expect(looks).to.be.within(1, LOOKS_IN_A_SECOND);
  });

  it('says that the jobs cannot be reached, and not the journal, where it finds work that it cannot add', async () => {
    await service.targets.refresh();
    const store = Object.assign(new Error('the store of jobs is away'), { code: 'AWAY' });
    const queue = mock.method(service.queues, 'queue', () => {
      throw store;
    });
    await look();
    expect(lines).to.deep.equal([
      'work was found, and no drain can be added: the jobs cannot be reached: the store of jobs is away',
    ]);
    queue.mock.restore();
    await captured(cli, [JSON.stringify({ event_id: 'e2', event_type: 'T' })]);
    await look();
    expect(await drains()).to.equal(1);
    expect(lines.at(-1)).to.match(/^over: work was found/);
  });
});

/** The message of a line of the log, and that of its error. */
function saidIn(line: string): string {
  const { msg, err } = JSON.parse(line) as { msg: string; err?: { message: string } };
  return err === undefined ? msg : `${msg}: ${err.message}`;
}
