import { type Agent, ClientRequest } from 'node:http';
import type { Duplex } from 'node:stream';

/** Bytes a kept connection had received before it was used again. */
const bytesBefore = new WeakMap<ClientRequest, number>();

/** Notes, from now on, where the answer to each request on a kept connection begins. */
export function watchReuse<A extends Agent>(agent: A): A {
  const reuse = agent.reuseSocket.bind(agent);
  agent.reuseSocket = (socket: Duplex, request: ClientRequest) => {
    bytesBefore.set(request, bytesReadBy(socket));
    reuse(socket, request);
  };
  return agent;
}

/**
 * True when a kept connection broke before one byte of an answer: the server
 * gave it up while it was idle. Nothing was said about the request, and it
 * deserves a fresh connection.
 */
export function wasStale(error: unknown): boolean {
  const { code, request } = (error ?? {}) as { code?: unknown; request?: unknown };
  if (!(request instanceof ClientRequest) || !request.reusedSocket) return false;
  if (code !== 'ECONNRESET' && code !== 'EPIPE' && code !== 'ECONNABORTED') return false;
  const { socket } = request;
  return socket === null || bytesReadBy(socket) === bytesBefore.get(request);
}

const bytesReadBy = (socket: Duplex): number =>
  'bytesRead' in socket ? Number(socket.bytesRead) : 0;
