import { Secret } from '../../config/secret.js';
import type { CredentialEntry } from './credential-entry.js';

const VARIABLE = 'SPEC_KITTY_TOKEN';

/**
 * The entry that `SPEC_KITTY_TOKEN`, `SPEC_KITTY_TEAM` and `SPEC_KITTY_USER`
 * make; undefined when there is no token. Text that no header can carry is a
 * problem, told without the text.
 */
export function environmentEntry(
  env: NodeJS.ProcessEnv,
): (CredentialEntry & { readonly problem?: string }) | undefined {
  const token = env[VARIABLE]?.trim();
  if (!token) return undefined;
  const isToken = /^[\x21-\x7e]+$/.test(token);
  return {
    token: isToken ? new Secret(token) : undefined,
    refresh: undefined,
    expiresAt: undefined,
    refreshExpiresAt: undefined,
    username: env.SPEC_KITTY_USER?.trim() || null,
    teamSlug: env.SPEC_KITTY_TEAM?.trim() || null,
    privateTeamspace: undefined,
    source: { kind: 'environment', variable: VARIABLE },
    ...(isToken ? {} : { problem: `${VARIABLE} holds characters that no token has.` }),
  };
}
