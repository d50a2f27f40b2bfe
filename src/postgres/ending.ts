import type { Duplex } from 'node:stream';
import type { Client } from './driver.js';

/** Milliseconds to end a connection in order. */
const END_MS = 1_000;

/** Ends a connection that may have broken already. */
export async function end(client: Client): Promise<void> {
  // Where the network was cut, nobody answers the farewell.
  const cutting = setTimeout(() => socketOf(client).destroy(), END_MS);
  // What cannot be ended in order is gone.
  await client.end().catch(() => undefined);
  clearTimeout(cutting);
}

/** Breaks a connection that answers no more: all that waits for it fails with this reason. */
export function cut(client: Client, reason: string): void {
  // A code that says the same as the network's own: the connection is of no use any more.
  socketOf(client).destroy(Object.assign(new Error(reason), { code: 'ETIMEDOUT' }));
}

/** Breaks the connection where `work` with it takes longer than `ms`, so that it fails. */
export async function within<T>(ms: number, client: Client, work: () => Promise<T>): Promise<T> {
  const cutting = setTimeout(() => cut(client, `no answer within ${ms / 1000} s`), ms);
  try {
    return await work();
  } finally {
    clearTimeout(cutting);
  }
}

/** What the driver shows of its socket, and does not declare; TLS puts another one in place while it connects. */
export function socketOf(client: Client): Duplex & { readonly bytesRead: number } {
  type Shown = { readonly connection: { readonly stream: ReturnType<typeof socketOf> } };
  return (client as unknown as Shown).connection.stream;
}
