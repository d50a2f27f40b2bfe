import type { Server } from 'node:http';

/** Milliseconds between two looks for connections whose last answer is out. */
const LOOK_MS = 20;

/**
 * Ends a server: what is under way is answered, and each connection ends with its answer, also
 * one that its client would keep. After `graceMs` all of them are cut off.
 */
export async function closeServer(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  const look = setInterval(() => server.closeIdleConnections(), LOOK_MS);
  const grace = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(look);
  clearTimeout(grace);
}
