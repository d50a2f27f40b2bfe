import type { HomePaths } from '../config/home.js';
import { DEFAULT_SETTINGS } from '../config/settings.js';
import { isTable, type TomlTable } from '../config/toml.js';
import { MAX_TEXT_BYTES, readPlainFile } from '../files/plain-file.js';
import { canonicalUrl } from '../targets/canonical-url.js';
import type { TargetRecord } from '../targets/registry.js';
import { type ServerRequest, serverInForce } from './authority.js';
import { readCredentialFiles } from './credentials/lookup.js';
import { pythonLower, pythonStrip, type ScopeParts, scopeDigest, scopeOf } from './scope.js';

export interface KnownIdentityRequest extends ServerRequest {
  readonly paths: HomePaths;
  /** Who is signed in now, as the resolver says. */
  readonly identity: { readonly user: string | null; readonly team: string | null };
  /** Every target this home was ever drained to. */
  readonly targets: readonly TargetRecord[];
}

/** Digest of an old queue file → the identity it can only belong to. */
export type KnownIdentities = ReadonlyMap<string, ScopeParts>;

interface Pieces {
  readonly servers: string[];
  readonly users: string[];
  readonly teams: (string | null)[];
}

/**
 * Every digest this home can explain: each combination of the servers, users and
 * teams it knows of (the old program took them from different places in different
 * versions). A digest that two identities share is left out: `|` is not escaped
 * in scopes. The marker file decides nothing and is not read.
 */
export async function knownIdentities(request: KnownIdentityRequest): Promise<KnownIdentities> {
  const pieces = await collectPieces(request);
  const found = new Map<string, ScopeParts | undefined>();
  for (const parts of combinations(pieces)) {
    const digest = scopeDigest(scopeOf(parts));
    const other = found.get(digest);
    const isSame = other !== undefined && folded(other) === folded(parts);
    if (!found.has(digest)) found.set(digest, parts);
    else if (!isSame) found.set(digest, undefined);
  }
  return new Map([...found].flatMap(([digest, parts]) => (parts ? [[digest, parts]] : [])));
}

function* combinations({ servers, users, teams }: Pieces): Generator<ScopeParts> {
  for (const server of new Set(servers))
    for (const user of new Set(users))
      for (const team of new Set(teams)) yield { server, user, team };
}

async function collectPieces(request: KnownIdentityRequest): Promise<Pieces> {
  const { paths, identity, targets } = request;
  const hosted = targets.filter(({ kind }) => kind === 'teamspace');
  const login = await oldLogin(paths.credentials);
  const entries = (await readCredentialFiles(paths)).flatMap((file) => [...file.entries]);
  return {
    servers: present([
      ...configuredServers(request),
      login.server,
      ...entries.map(([origin]) => origin),
      ...hosted.flatMap(({ rawEndpoint }) => [
        rawEndpoint.reveal(),
        canonicalUrl(rawEndpoint.reveal()),
      ]),
    ]),
    users: present([
      identity.user,
      login.user,
      ...entries.map(([, entry]) => entry.username),
      ...hosted.map(({ userEmail }) => userEmail),
    ]),
    teams: [
      null,
      ...present([
        identity.team,
        login.team,
        ...entries.map(([, entry]) => entry.teamSlug),
        ...hosted.map(({ teamSlug }) => teamSlug),
      ]),
    ],
  };
}

/** As written and as understood: of the file, of the environment, and the documented default. */
function configuredServers({ env, config }: ServerRequest): (string | null)[] {
  const absent = { state: 'absent', path: config.path, settings: DEFAULT_SETTINGS } as const;
  const requests: ServerRequest[] = [
    { env: {}, config },
    { env, config: absent, processWideOverride: true },
    { env: {}, config: absent },
  ];
  return requests.flatMap((request) => {
    try {
      const { asWritten, resolved } = serverInForce(request);
      return [asWritten, resolved];
    } catch {
      // An address that cannot be used explains no file.
      return [];
    }
  });
}

interface OldLogin {
  readonly server: string | null;
  readonly user: string | null;
  readonly team: string | null;
}

/** Spec Kitty's own login, with the address exactly as written: the old scope was made of that. */
async function oldLogin(path: string): Promise<OldLogin> {
  const { decodeToml, parseToml } = await import('../config/toml.js');
  try {
    const login = parseToml(decodeToml(readPlainFile(path, MAX_TEXT_BYTES)));
    const { url } = tableOf(login.server);
    const { username, team_slug } = tableOf(login.user);
    return { server: text(url), user: text(username), team: text(team_slug) };
  } catch {
    return { server: null, user: null, team: null };
  }
}

const tableOf = (value: unknown): TomlTable => (isTable(value) ? value : {});

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);

const present = (texts: (string | null | undefined)[]): string[] =>
  texts.filter((one): one is string => one != null && pythonStrip(one) !== '');

const folded = ({ server, user, team }: ScopeParts): string =>
  [server.replace(/\/+$/, ''), user ?? '', team ?? 'no-team']
    .map((part) => pythonLower(pythonStrip(part)))
    .join('\0');
