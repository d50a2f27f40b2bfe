import https from 'node:https';
import type { Socket } from 'node:net';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import type { ChosenProxy } from './proxy-choice.js';
import { openTunnel, type Tunnel } from './tunnel.js';

export interface TunnelAgentSettings {
  readonly proxy: ChosenProxy;
  readonly tls: tls.SecureContextOptions & { readonly rejectUnauthorized: boolean };
  readonly idleMs: number;
  /** For the proxy's answer to CONNECT. */
  readonly deadlineMs: number;
}

type Connected = (error: Error | null, socket: Duplex) => void;
/** Node takes no socket with an error; its types do not say so. */
type Failed = (error: Error) => void;

/** Keep-alive connections to https hosts, each in a tunnel of its own through one proxy. */
export class TunnelAgent extends https.Agent {
  readonly #settings: TunnelAgentSettings;
  readonly #opening = new Set<Tunnel>();

  constructor(settings: TunnelAgentSettings) {
    super({ keepAlive: true, timeout: settings.idleMs });
    this.#settings = settings;
  }

  /** Called by Node for each connection that is needed. */
  override createConnection(wanted: https.RequestOptions, connected?: Connected): undefined {
    const host = (wanted.host ?? '').replace(/^\[|\]$/g, '');
    this.#connect(host, Number(wanted.port)).then(
      (socket) => connected?.(null, socket),
      (error: Error) => (connected as Failed | undefined)?.(error),
    );
  }

  /** Ends the tunnels that are being opened too, for a proxy that never answers. */
  override destroy(): void {
    for (const tunnel of this.#opening) tunnel.abandon();
    super.destroy();
  }

  async #connect(host: string, port: number): Promise<tls.TLSSocket> {
    const { proxy, deadlineMs } = this.#settings;
    const tunnel = openTunnel({ proxy, host, port, tls: this.#settings.tls, deadlineMs });
    this.#opening.add(tunnel);
    try {
      return this.#secure(await tunnel.opened, host);
    } finally {
      this.#opening.delete(tunnel);
    }
  }

  /** `host` is the name the certificate must be for, also where it is an IP address. */
  #secure(socket: Socket, host: string): tls.TLSSocket {
    return tls.connect({
      ...this.#settings.tls,
      socket,
      host,
      timeout: this.#settings.idleMs,
      ...(net.isIP(host) === 0 && { servername: host }),
    });
  }
}
