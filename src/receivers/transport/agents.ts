import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';
import { proxyFor } from './proxy-choice.js';

/** An idle connection is dropped before most servers drop it under our next request. */
const IDLE_SOCKET_MS = 4_000;

/** How to reach the network. */
export interface TransportSettings {
  /** Read for `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` only. */
  readonly env: NodeJS.ProcessEnv;
  /** PEM file with certificates to trust besides the usual ones. */
  readonly caFile?: string;
  /** Whole request, body included. 60 s when absent. */
  readonly deadlineMs?: number;
}

/** Keep-alive agents, one for each way to the network, closed together. */
export class AgentPool {
  readonly #settings: TransportSettings;
  readonly #agents = new Map<string, http.Agent>();
  readonly #closing = new AbortController();

  constructor(settings: TransportSettings) {
    this.#settings = settings;
  }

  /** The agent for this URL. Rejects when the CA file cannot be read or the proxy is no URL. */
  async agentFor(url: URL): Promise<http.Agent> {
    const proxy = proxyFor(url, this.#settings.env);
    const key = proxy === undefined ? url.protocol : `${proxy} ${url.hostname}`;
    const known = this.#agents.get(key);
    if (known !== undefined) return known;
    const agent = proxy === undefined ? this.#direct(url) : await this.#proxied(proxy, url);
    this.#agents.set(key, agent);
    return agent;
  }

  close(): void {
    this.#closing.abort();
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }

  #direct(url: URL): http.Agent {
    const options = { keepAlive: true, timeout: IDLE_SOCKET_MS };
    if (url.protocol === 'http:') return new http.Agent(options);
    return new https.Agent({ ...options, ...this.#tls() });
  }

  /** The signal frees a connection to a proxy that never answers our CONNECT. */
  async #proxied(proxy: string, url: URL): Promise<http.Agent> {
    const { HttpsProxyAgent } = await import('https-proxy-agent');
    const common = { keepAlive: true, timeout: IDLE_SOCKET_MS, ...this.#tls() };
    const agent = new HttpsProxyAgent(proxyUrl(proxy), {
      ...common,
      signal: this.#closing.signal,
    });
    // What is given to the constructor is for the proxy; this is for the server behind it.
    Object.assign(agent.options, common, identityCheck(url.hostname.replace(/^\[|\]$/g, '')));
    return agent;
  }

  /** Said explicitly, so that NODE_TLS_REJECT_UNAUTHORIZED=0 does not turn verification off. */
  #tls(): tls.SecureContextOptions & { rejectUnauthorized: boolean } {
    const { caFile } = this.#settings;
    if (caFile === undefined) return { rejectUnauthorized: true };
    return { rejectUnauthorized: true, ca: trusted(caFile) };
  }
}

/** The usual roots and those of a PEM file. Throws when it cannot be read or holds no certificate. */
function trusted(caFile: string): string[] {
  const pem = readFileSync(caFile, 'utf8');
  if (!pem.includes('-----BEGIN CERTIFICATE-----'))
    throw new Error(`${caFile} holds no PEM certificate`);
  return [...tls.rootCertificates, pem];
}

/**
 * Behind a proxy an IP address is not passed on as the name to verify, and the
 * certificate would be held against `localhost`.
 */
function identityCheck(host: string): Pick<tls.ConnectionOptions, 'checkServerIdentity'> {
  if (net.isIP(host) === 0) return {};
  return { checkServerIdentity: (_, certificate) => tls.checkServerIdentity(host, certificate) };
}

/** Why a CA file cannot be used, for a person; undefined when there is none or it can. */
export function caFileFault(caFile: string | undefined): string | undefined {
  if (caFile === undefined) return undefined;
  try {
    trusted(caFile);
    return undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return `the CA file cannot be used: ${why}`;
  }
}

/** The message must not quote the address: it may hold a password. */
function proxyUrl(proxy: string): URL {
  const url = URL.canParse(proxy) ? new URL(proxy) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new Error('the proxy in HTTPS_PROXY is no http(s) address');
  return url;
}
