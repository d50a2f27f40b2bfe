import http, { type Agent, type ClientRequest } from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import type { HttpAnswer } from '../answer.js';
import { type Route, routeTo } from './proxy-choice.js';
import { type TlsFiles, type TlsOptions, tlsOptions } from './trust.js';
import { TunnelAgent } from './tunnel.js';

/** An idle connection is dropped before most servers drop it under our next request. */
const IDLE_SOCKET_MS = 4_000;
const TUNNEL_DEADLINE_MS = 60_000;

/** How to reach the network. */
export interface TransportSettings extends TlsFiles {
  /** Read for `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` only. */
  readonly env: NodeJS.ProcessEnv;
  /** Whole request, body included. 60 s when absent. */
  readonly deadlineMs?: number;
  /** Told each answer, for those who look at more than its verdict. */
  readonly onAnswer?: ((answer: HttpAnswer) => void) | undefined;
}

/** Keep-alive agents, one for each way to the network, closed together. */
export class AgentPool {
  readonly #settings: TransportSettings;
  readonly #agents = new Map<string, http.Agent>();
  #tls: TlsOptions | undefined;

  constructor(settings: TransportSettings) {
    this.#settings = settings;
  }

  /** Whether servers that ask for a certificate are shown one. */
  get showsCertificate(): boolean {
    return this.#settings.clientCert !== undefined;
  }

  /** The way to this URL. */
  routeTo(url: URL): Route {
    return routeTo(url, this.#settings.env);
  }

  /** The agent for this URL. Throws when a file of certificates cannot be read. */
  agentFor(url: URL): http.Agent {
    const { proxy } = this.routeTo(url);
    const key = proxy === undefined ? url.protocol : proxy.address;
    const known = this.#agents.get(key);
    if (known !== undefined) return known;
    const agent = watchReuse(this.#newAgent(url, proxy));
    this.#agents.set(key, agent);
    return agent;
  }

  /** Closes the connections that wait for a next request: the servers may have given them up. */
  dropIdle(): void {
    for (const { freeSockets } of this.#agents.values())
      for (const socket of Object.values(freeSockets).flat()) socket?.destroy();
  }

  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }

  #newAgent(url: URL, proxy: Route['proxy']): http.Agent {
    const options = { keepAlive: true, timeout: IDLE_SOCKET_MS };
    if (url.protocol === 'http:') return new http.Agent(options);
    this.#tls ??= tlsOptions(this.#settings);
    if (proxy === undefined) return new https.Agent({ ...options, ...this.#tls });
    const { deadlineMs = TUNNEL_DEADLINE_MS } = this.#settings;
    return new TunnelAgent({ proxy, tls: this.#tls, idleMs: IDLE_SOCKET_MS, deadlineMs });
  }
}

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
 * True when the kept connection of a request broke, with this error, before one
 * byte of an answer: the server gave it up while it was idle. Nothing was said
 * about the request, and it deserves a fresh connection.
 */
export function wasStale(request: ClientRequest, error: NodeJS.ErrnoException): boolean {
  const { code } = error;
  if (!request.reusedSocket) return false;
  if (code !== 'ECONNRESET' && code !== 'EPIPE' && code !== 'ECONNABORTED') return false;
  const { socket } = request;
  return socket === null || bytesReadBy(socket) === bytesBefore.get(request);
}

const bytesReadBy = (socket: Duplex): number =>
  'bytesRead' in socket ? Number(socket.bytesRead) : 0;
