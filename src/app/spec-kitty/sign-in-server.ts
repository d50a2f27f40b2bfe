import { RedrainError } from '../../base/error.js';
import { EXIT } from '../../base/exit-codes.js';
import type { ResolvedSyncTarget } from '../../spec-kitty/authority.js';
import { canonicalUrl, isWithinRedrain, UnusableUrlError } from '../../targets/canonical-url.js';

type Resolved = Pick<ResolvedSyncTarget, 'configured' | 'resolved_server_url' | 'server'>;

/** Nobody said which server is meant, and a password is not sent to a guess. */
export class UnnamedServerError extends RedrainError {
  override readonly name = 'UnnamedServerError';
  readonly code = 'SERVER_UNKNOWN';
  override readonly exitCode = EXIT.usage;
  constructor(command: string) {
    super('no server is configured', { advice: `name one with \`redrain ${command} URL\`.` });
  }
}

/**
 * The server a command means: the one given, else the one in force.
 * @throws UnusableUrlError, also for a stub; UnnamedServerError while nobody named a server.
 */
export function serverOf(command: string, given: string | undefined, resolved: Resolved): string {
  if (given !== undefined) return namedServer(given);
  if (!resolved.configured) throw new UnnamedServerError(command);
  return resolved.server.reveal();
}

/** The canonical address of a server somebody can be signed in at. @throws UnusableUrlError */
export function namedServer(text: string): string {
  const url = canonicalUrl(text);
  if (isWithinRedrain(url)) throw new UnusableUrlError(url, 'nobody signs in at a stub.');
  return url;
}

/** True when events would go to this server, as far as credentials tell servers apart. */
export const isInForce = (server: string, { configured, resolved_server_url }: Resolved): boolean =>
  configured && new URL(resolved_server_url).origin === new URL(server).origin;
