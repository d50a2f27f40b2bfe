import http, { STATUS_CODES } from 'node:http';
import https from 'node:https';
import net, { type Socket } from 'node:net';
import type tls from 'node:tls';
import type { ChosenProxy } from './proxy-choice.js';

/** A tunnel that is being opened; `abandon` ends the attempt. */
export interface Tunnel {
  readonly opened: Promise<Socket>;
  abandon(): void;
}

export interface TunnelRequest {
  readonly proxy: ChosenProxy;
  /** The target, without brackets. */
  readonly host: string;
  readonly port: number;
  /** For a proxy that is itself spoken to over TLS. */
  readonly tls: tls.SecureContextOptions & { readonly rejectUnauthorized: boolean };
  readonly deadlineMs: number;
}

/**
 * Asks a proxy to open a tunnel with CONNECT. Any 2xx opens it. Every other
 * answer is the proxy's and rejects with a ProxyError, as does a proxy that
 * cannot be reached: what it says must never be taken for the target's answer.
 */
export function openTunnel(request: TunnelRequest): Tunnel {
  const url = proxyUrl(request.proxy);
  const shown = { host: url.host, variable: request.proxy.variable };
  const connect = connectRequest(url, request);
  const opened = new Promise<Socket>((resolve, reject) => {
    const fail = (status: number | undefined, cause?: Error) =>
      reject(new ProxyError(shown, status, cause && { cause }));
    connect.once('error', (error) => fail(undefined, error));
    connect.once('connect', (response, socket, head) => {
      const { statusCode = 0 } = response;
      if (statusCode >= 200 && statusCode <= 299) return resolve(ready(socket, head));
      socket.destroy();
      fail(statusCode);
    });
    connect.setTimeout(request.deadlineMs, () => connect.destroy(new Error('timed out')));
    connect.end();
  });
  return { opened, abandon: () => connect.destroy() };
}

/** The proxy as a message may show it; undefined when it is not an http(s) address. */
export function shownProxy({ address, variable }: ChosenProxy): ShownProxy | undefined {
  return URL.canParse(address) ? { host: new URL(address).host, variable } : undefined;
}

function connectRequest(url: URL, request: TunnelRequest): http.ClientRequest {
  const { host, port } = request;
  const authority = `${net.isIPv6(host) ? `[${host}]` : host}:${port}`;
  const proxyHost = url.hostname.replace(/^\[|\]$/g, '');
  const isSecure = url.protocol === 'https:';
  return (isSecure ? https : http).request({
    method: 'CONNECT',
    host: proxyHost,
    port: url.port === '' ? (isSecure ? 443 : 80) : Number(url.port),
    path: authority,
    headers: {
      Host: authority,
      Connection: 'keep-alive',
      'Proxy-Connection': 'keep-alive',
      ...proxyAuthorization(url),
    },
    agent: false,
    ...(isSecure && request.tls),
    ...(isSecure && net.isIP(proxyHost) === 0 && { servername: proxyHost }),
  });
}

/** What came right behind the answer belongs to the tunnel; the proxy's idle time is over. */
function ready(socket: Socket, head: Buffer): Socket {
  socket.setTimeout(0);
  if (head.length > 0) socket.unshift(head);
  return socket;
}

function proxyAuthorization({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'Proxy-Authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** The message must not quote the address: it may hold a password. */
function proxyUrl({ address, variable }: ChosenProxy): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new Error(`the proxy in ${variable} is not an http(s) address`);
  return url;
}

/** Where a tunnel goes through, for messages: no user, no password. */
export interface ShownProxy {
  readonly host: string;
  /** The environment variable that names it. */
  readonly variable: string;
}

/** The tunnel through a proxy did not open: nothing was said to the target. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';
  constructor(
    readonly proxy: ShownProxy,
    /** What the proxy answered to CONNECT; undefined when it did not answer. */
    readonly status: number | undefined,
    options?: { readonly cause: Error },
  ) {
    super(`no tunnel through ${named(proxy)}`, options);
  }
}

/** `the proxy proxy.example:3128 (HTTPS_PROXY)` */
export function named({ host, variable }: ShownProxy): string {
  return `the proxy ${host} (${variable})`;
}

/** What a proxy's own answer to CONNECT means, and who can do something about it. */
export function refusedTunnel(proxy: ShownProxy, status: number, target: string): string {
  const answer = STATUS_CODES[status] === undefined ? '' : ` ${STATUS_CODES[status]}`;
  const said = `${named(proxy)} answered HTTP ${status}${answer} in place of opening a tunnel to ${target}`;
  return `${said}; nothing reached ${target}. ${advice(proxy, status)}`;
}

function advice({ variable }: ShownProxy, status: number): string {
  if (status === 407)
    return `The proxy wants a user and password: write them into ${variable} as http://USER:PASSWORD@HOST:PORT`;
  return `Ask whoever runs the proxy, or name the host in NO_PROXY to go around it`;
}
