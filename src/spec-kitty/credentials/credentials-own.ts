import { isTable, type TomlTable } from '../../config/toml-table.js';
import { originOf } from '../../targets/origin.js';
import type { CredentialEntry } from './credential-entry.js';
import { flagOf, secretOf, textOf, timeOf } from './credentials-values.js';

/**
 * The format of `<home>/redrain/credentials.toml`: one table a server, named by
 * its origin.
 *
 *     [servers."https://teamspace.example"]
 *     access = "…"
 *     refresh = "…"
 *     access_expires_at = "2026-07-01T10:15:00.000Z"
 *     refresh_expires_at = "2026-07-08T10:00:00.000Z"
 *     username = "ada@example.com"
 *     team_slug = "blue"
 *     private_teamspace = true
 *
 * All but `access` may be missing. Entries of another shape are passed over.
 */
export function ownEntries(document: TomlTable, path: string): Map<string, CredentialEntry> {
  const entries = new Map<string, CredentialEntry>();
  const servers = isTable(document.servers) ? document.servers : {};
  for (const [name, entry] of Object.entries(servers)) {
    const origin = originOf(name);
    if (origin !== undefined && isTable(entry)) entries.set(origin, toEntry(entry, path, origin));
  }
  return entries;
}

/** The path of one value in that file, for whoever writes it. */
export const ownCredentialPath = (
  origin: string,
  field:
    | 'access'
    | 'refresh'
    | 'access_expires_at'
    | 'refresh_expires_at'
    | 'username'
    | 'team_slug'
    | 'private_teamspace',
): readonly string[] => ['servers', origin, field];

const toEntry = (entry: TomlTable, path: string, origin: string): CredentialEntry => ({
  token: secretOf(entry.access),
  refresh: secretOf(entry.refresh),
  expiresAt: timeOf(entry.access_expires_at),
  refreshExpiresAt: timeOf(entry.refresh_expires_at),
  username: textOf(entry.username),
  teamSlug: textOf(entry.team_slug),
  privateTeamspace: flagOf(entry.private_teamspace),
  source: { kind: 'redrain', path, origin },
});
