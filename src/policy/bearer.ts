import { RedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';
/** A token, password or secret header was about to travel unencrypted. Nothing was sent. */
export class InsecureBearerError extends RedrainError {
  override readonly name = 'InsecureBearerError';
  readonly code = 'BEARER_INSECURE';
  override readonly exitCode = EXIT.blocked;
  constructor(readonly host: string) {
    super(
      `refusing to send a token or password to ${host} over plain http: anyone on the way could read it. ` +
        'Use an https:// address; plain http is for loopback addresses only.',
    );
  }
}

/**
 * Whether a token may travel to this address: over TLS, or over plain http to
 * this very machine. `ws` and `wss` count like `http` and `https`; no other
 * scheme may.
 */
export function mayCarryToken({ protocol, hostname }: URL): boolean {
  if (protocol === 'https:' || protocol === 'wss:') return true;
  return (protocol === 'http:' || protocol === 'ws:') && isLoopback(hostname);
}

/**
 * Throws unless a token may travel to this address. Call it before a socket
 * opens.
 *
 * @throws InsecureBearerError where `mayCarryToken` says no.
 * @throws TypeError when the text is not a URL.
 */
export function assertBearerMayTravel(address: string): void {
  const url = new URL(address);
  if (!mayCarryToken(url)) throw new InsecureBearerError(url.host);
}

/**
 * True for the names and addresses that cannot leave this machine, as `URL`
 * spells them. Names below `.localhost` are not trusted: some resolvers ask
 * the network for them.
 */
export const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' ||
  hostname === '[::1]' ||
  /^127\.\d+\.\d+\.\d+$/.test(hostname) ||
  /^\[::ffff:7f[0-9a-f]{2}:[0-9a-f]+\]$/.test(hostname);
