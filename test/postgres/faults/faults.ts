import { expect } from 'chai';
import type { Fault, Scene } from './fault-round.js';

/** Everything that happens to a machine, to its network or to the server, and what is seen of it. */
export const FAULTS = {
  'is killed': async ({ machine }) => {
    machine.signal('SIGKILL');
    await machine.gone();
  },

  'is stopped beyond its lease': async (scene) => {
    scene.machine.signal('SIGSTOP');
    scene.machine.goOn();
    await late(scene, () => scene.machine.signal('SIGCONT'));
  },

  'is cut off beyond its lease': async (scene) => {
    scene.proxy.cut();
    scene.machine.goOn();
    await late(scene, () => scene.proxy.heal());
  },

  'loses its connections': async ({ proxy, machine }) => {
    proxy.reset();
    machine.goOn();
    await machine.gone();
  },

  'has its connections ended by the server': async ({ rows, machine }) => {
    const ended = await rows(
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
       WHERE application_name LIKE 'redrain % ${machine.pid}'`,
    );
    expect(ended).to.not.be.empty;
    machine.goOn();
    await machine.gone();
  },

  'meets a server that crashes and comes back': async ({ server, machine }) => {
    await server.crash();
    await server.start();
    machine.goOn();
    await machine.gone();
  },

  'meets a server that crashes and stays away': async ({ server, machine }) => {
    await server.crash();
    machine.goOn();
    await machine.gone();
    await server.start();
  },
} satisfies Readonly<Record<string, Fault>>;

export type FaultName = keyof typeof FAULTS;

/** Another machine takes over, and what the late one writes then changes nothing of it. */
async function late({ machine, takenOver, stored }: Scene, goesOn: () => void): Promise<void> {
  const before = await takenOver();
  goesOn();
  await machine.gone();
  expect(await stored(before), 'late writes change nothing').to.deep.equal(before);
}
