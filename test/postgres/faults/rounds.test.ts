import { expect } from 'chai';
import { postgresServer } from '../../support/postgres-server.js';
import { rounds } from '../../support/rounds.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { faultRound } from './fault-round.js';
import { FAULTS, type FaultName } from './faults.js';
import { type Held, HeldMachine } from './held-machine.js';

const ROUNDS = 200;

/** Every step that a machine passes while it captures and drains, and how often at least. */
const STEPS: Readonly<Record<string, number>> = {
  'storage.commit': 20,
  'journal.appended': 6,
  'lease.free': 2,
  'dispatch.locked': 2,
  'dispatch.pass-begun': 2,
  'dispatch.claimed': 3,
  'dispatch.prepared': 1,
  'dispatch.posting': 3,
  'dispatch.posted': 3,
  'dispatch.settled': 3,
  'dispatch.pass-ended': 2,
};

const NAMES = Object.keys(FAULTS) as FaultName[];

type Round = readonly [FaultName, Held];

/** In `npm test`: each fault once. */
const SHORT: readonly Round[] = [
  ['is killed', { step: 'dispatch.settled', nth: 1 }],
  ['is stopped beyond its lease', { step: 'dispatch.posted', nth: 1 }],
  ['is cut off beyond its lease', { step: 'dispatch.posted', nth: 2 }],
  ['loses its connections', { step: 'dispatch.claimed', nth: 2 }],
  ['has its connections ended by the server', { step: 'storage.commit', nth: 3 }],
  ['meets a server that crashes and comes back', { step: 'dispatch.posting', nth: 1 }],
  ['meets a server that crashes and stays away', { step: 'journal.appended', nth: 1 }],
];

/** Each fault at each step, and then any; at any of the times that the step is passed. */
function drawn(): Round[] {
  const steps = Object.entries(STEPS);
  const all: Round[] = [];
  for (let n = 0; all.length < ROUNDS; n += 1) {
    const every = n < NAMES.length * steps.length;
    const [step, times] = steps[every ? n % steps.length : below(steps.length)] ?? ['', 1];
    const name = NAMES[every ? Math.floor(n / steps.length) : below(NAMES.length)];
    all.push([name ?? 'is killed', { step, nth: 1 + below(times) }]);
  }
  return all;
}

const below = (end: number): number => Math.floor(Math.random() * end);

describe('a machine that captures and drains on PostgreSQL, and', () => {
  const server = postgresServer();
  it('is held at any step in these tests', async () => {
    // Tables are made by the first one, in a transaction of their own.
    await new HeldMachine(server().url, 'first').gone();
    const machine = new HeldMachine(server().url, 'all');
    const passed = JSON.parse(await machine.said()) as Record<string, number>;
    await machine.gone();
    expect(Object.keys(passed).sort()).to.deep.equal(Object.keys(STEPS).sort());
    for (const [step, times] of Object.entries(passed))
      expect(times, step).to.be.at.least(STEPS[step] ?? 0);
  });

  const all = rounds(SHORT, drawn());
  for (const [round, [name, held]] of all.entries())
    it(`${name} at ${held.step} (${held.nth}) loses nothing and posts nothing without need (${round + 1})`, async () => {
      const proxy = await TcpProxy.to({ path: server().socket });
      await faultRound({ server: server(), proxy }, FAULTS[name], held);
    });
});
