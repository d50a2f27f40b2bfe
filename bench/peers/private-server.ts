import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A server for one run, that is killed after it. */
export interface PrivateServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts a program that serves on the port it is given. @throws when it ends or does not answer. */
export async function privateServer(
  program: string,
  argumentsFor: (port: number) => readonly string[],
): Promise<PrivateServer> {
  const port = await freePort();
  const child = spawn(program, argumentsFor(port), { stdio: 'ignore' });
  // Rejects where the program is not on this machine.
  const ended = once(child, 'exit');
  const tooEarly = ended.then(([code]) => {
    throw new Error(`${program} ended with ${code}`);
  });
  await Promise.race([answers(port), tooEarly]);
  return {
    port,
    async stop() {
      // The promise that it ends too early has lost the race, and is not heard any more.
      tooEarly.catch(() => {});
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function answers(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'close').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (isOpen) return;
    await delay(25);
  }
  throw new Error(`nothing answers on port ${port}`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
