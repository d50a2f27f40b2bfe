import net, { type Socket } from 'node:net';
import tls from 'node:tls';
import type { HttpAnswer } from '../answer.js';
import { type Route, routeTo } from './proxy-choice.js';
import { type TlsFiles, type TlsOptions, tlsOptions } from './trust.js';
import { openTunnel } from './tunnel.js';

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

/** Where a connection is to go. */
export interface Place {
  readonly isSecure: boolean;
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
  /** The name that is asked for and that the certificate must be for, where it is not `host`. */
  readonly servername?: string | undefined;
}

/** A connection that is being made; `abandon` ends the attempt. */
export interface Opening {
  readonly opened: Promise<Socket>;
  abandon(): void;
}

/** Opens connections, directly or through a proxy. Reads files of certificates once. */
export class Network {
  readonly #settings: TransportSettings;
  #tls: TlsOptions | undefined;
  /** By place, for a shorter handshake the next time. */
  readonly #sessions = new Map<string, Buffer>();

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

  /**
   * Opens a connection for HTTP to a place, for a URL that has this route. Rejects
   * with what Node says, with a ProxyError, or when a file of certificates cannot be read.
   */
  open(place: Place, { proxy }: Route): Opening {
    if (!place.isSecure) return opening(net.connect(place), 'connect');
    this.#tls ??= tlsOptions(this.#settings);
    if (proxy === undefined) return this.#secure(place);
    const { deadlineMs = TUNNEL_DEADLINE_MS } = this.#settings;
    const tunnel = openTunnel({ ...place, proxy, tls: this.#tls, deadlineMs });
    let abandon = tunnel.abandon;
    const opened = tunnel.opened.then((socket) => {
      const secured = this.#secure(place, socket);
      abandon = secured.abandon;
      return secured.opened;
    });
    return { opened, abandon: () => abandon() };
  }

  /** `host` is the name the certificate must be for, also where it is an IP address. */
  #secure({ host, port, servername = host }: Place, socket?: Socket): Opening {
    const key = `${servername} ${host}:${port}`;
    const secured = tls.connect({
      ...this.#tls,
      ...(socket === undefined ? { port } : { socket }),
      host,
      session: this.#sessions.get(key),
      ALPNProtocols: ['http/1.1'],
      ...(net.isIP(servername) === 0 && { servername }),
    });
    secured.on('session', (session) => this.#sessions.set(key, session));
    secured.once('error', () => this.#sessions.delete(key));
    return opening(secured, 'secureConnect');
  }
}

function opening(socket: Socket, isOpen: 'connect' | 'secureConnect'): Opening {
  const opened = new Promise<Socket>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed')));
    socket.once(isOpen, () => {
      socket.removeListener('error', reject);
      resolve(socket.setNoDelay(true).setKeepAlive(true));
    });
  });
  return { opened, abandon: () => void socket.destroy() };
}
