import { STATUS_CODES } from 'node:http';

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
