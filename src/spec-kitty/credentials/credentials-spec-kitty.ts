import { isTable, type TomlTable } from '../../config/toml-table.js';
import { originOf } from '../../targets/origin.js';
import type { CredentialEntry } from './credential-entry.js';
import { flagOf, secretOf, textOf, timeOf } from './credentials-values.js';

/** Spec Kitty's `credentials` (docs/spec-kitty.md): one login, for the server of `[server].url`. */
export function specKittyEntries(document: TomlTable, path: string): Map<string, CredentialEntry> {
  const [server, tokens, user] = [document.server, document.tokens, document.user].map(tableOf);
  const origin = originOf(server?.url);
  if (origin === undefined) return new Map();
  const entry: CredentialEntry = {
    token: secretOf(tokens?.access),
    refresh: secretOf(tokens?.refresh),
    expiresAt: timeOf(tokens?.access_expires_at),
    refreshExpiresAt: timeOf(tokens?.refresh_expires_at),
    username: textOf(user?.username),
    teamSlug: textOf(user?.team_slug),
    privateTeamspace: flagOf(user?.private_teamspace),
    source: { kind: 'spec_kitty', path, origin },
  };
  return new Map([[origin, entry]]);
}

const tableOf = (value: unknown): TomlTable => (isTable(value) ? value : {});
