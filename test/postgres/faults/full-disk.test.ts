import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { openRedrain } from '../../../src/index.js';
import { mountTmpfs, needMounts } from '../../mounts/mounted.js';
import { withoutEngine } from '../../support/engines.js';
import { postgresPrograms, startPostgres } from '../../support/postgres-server.js';
import { rounds } from '../../support/rounds.js';
import { ScriptedReceiver } from '../../support/scripted-receiver.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { temporaryHome } from '../../support/temporary-home.js';
import { type Fault, faultRound, type Site } from './fault-round.js';
import type { Held } from './held-machine.js';

/** Room for a cluster with a small log, and for what a test stores. */
const MEGABYTES = 128;

/** Of the log: files are used again, and a part of what is written needs no room. */
const SETTINGS = { max_wal_size: '4MB', min_wal_size: '2MB', wal_recycle: 'off' };

/** Where the disk is full, and how many KiB of it are left. */
const HELD: readonly (readonly [Held, leftKib: number])[] = rounds(
  [
    [{ step: 'storage.commit', nth: 2 }, 0],
    [{ step: 'dispatch.posted', nth: 1 }, 8],
  ],
  Array.from({ length: 40 }, (_, i): [Held, number] => [
    {
      step:
        ['storage.commit', 'journal.appended', 'dispatch.claimed', 'dispatch.posted'][i % 4] ?? '',
      nth: 1 + (Math.floor(i / 4) % 2),
    },
    (i * 8) % 72,
  ]),
);

/** Events large enough that some of them need more room than is left. */
const BYTES = 100_000;

/** Nothing that a database could make smaller. */
const textOf = (bytes: number): string => randomBytes(bytes).toString('base64');

describe('the disk under the data of PostgreSQL is full', () => {
  before(function () {
    needMounts.call(this);
    if (postgresPrograms() === undefined)
      withoutEngine(this, 'PostgreSQL', 'its programs are not on this machine');
  });

  async function given() {
    const disk = mountTmpfs(MEGABYTES);
    const server = await startPostgres({ directory: disk.directory, settings: SETTINGS });
    const site: Site = { server, proxy: await TcpProxy.to({ path: server.socket }) };
    /** A server that could not write its log has ended, and is started again. */
    const freed = async () => {
      disk.leaveFree(MEGABYTES * 512);
      await server.crash();
      await server.start();
    };
    return { disk, ...site, freed };
  }

  it('captures go to the spool, and are taken in when there is room again', async () => {
    const { disk, server, freed } = await given();
    const receiver = new ScriptedReceiver();
    const redrain = await openRedrain({
      home: temporaryHome(),
      env: { REDRAIN_STORAGE_URL: server.url },
      receiver: () => receiver,
      targets: { there: { url: 'http://a.test/in' } },
    });
    const kinds: Record<string, string> = {};
    const capture = async (event_id: string): Promise<string> => {
      const { kind } = await redrain.capture({ event_id, event_type: 'T', text: textOf(BYTES) });
      kinds[event_id] = kind;
      return kind;
    };
    expect(await capture('before')).to.equal('captured');
    disk.leaveFree(0);
    let n = 0;
    while ((await capture(`full-${n}`)) !== 'spooled') n += 1;
    await capture('more');
    expect(kinds.more).to.equal('spooled');
    await freed();
    expect(await capture('after')).to.equal('captured');
    await redrain.drain({ to: 'there' });
    expect(receiver.posts.flat().sort()).to.deep.equal(Object.keys(kinds).sort());
    expect((await redrain.verify()).verdict).to.match(/^OK: /);
    await redrain.close();
  });

  it(`at a step of a machine, ${HELD.length} times: nothing acknowledged is lost`, async () => {
    const { disk, freed, ...site } = await given();
    let met = 0;
    for (const [held, leftKib] of HELD) {
      const fault: Fault = async ({ machine }) => {
        disk.leaveFree(leftKib);
        machine.goOn();
        await machine.gone();
        await freed();
      };
      const large = { ...held, bytes: BYTES };
      const { kinds, trouble } = await faultRound(site, fault, large).catch((error: Error) => {
        error.message = `${held.step} (${held.nth}), ${leftKib} KiB: ${error.message}`;
        throw error;
      });
      if (kinds.has('spooled') || trouble.length > 0) met += 1;
    }
    // One that is held behind its last large event may need no room any more.
    expect(met, 'machines that met a full disk').to.be.greaterThan(HELD.length / 2);
  }).timeout(rounds(120_000, 1_800_000));
});
