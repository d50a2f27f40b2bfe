/** A token or secret header was about to travel unencrypted. Nothing was sent. */
export class InsecureBearerError extends Error {
  override readonly name = 'InsecureBearerError';
  constructor(readonly host: string) {
    super(
      `refusing to send a token to ${host} over plain http: anyone on the way could read it. ` +
        'Use an https:// address; plain http is for loopback addresses only.',
    );
  }
}

/**
 * Throws unless a token may travel to this address: over TLS, or over plain
 * http to this very machine (SPEC section 6). Call it before a socket opens.
 * `ws` and `wss` count like `http` and `https`.
 *
 * @throws InsecureBearerError for plain http to any other host.
 * @throws TypeError when the text is no URL.
 */
export function assertBearerMayTravel(url: string): void {
  const { protocol, hostname, host } = new URL(url);
  if (protocol === 'https:' || protocol === 'wss:') return;
  if ((protocol === 'http:' || protocol === 'ws:') && isLoopback(hostname)) return;
  throw new InsecureBearerError(host);
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
