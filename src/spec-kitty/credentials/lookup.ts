import { shownAddress } from '../../address/shown-address.js';
import type { Advised } from '../../base/advice.js';
import type { HomePaths } from '../../config/home.js';
import type { Secret } from '../../config/secret.js';
import type { TomlTable } from '../../config/toml.js';
import { MAX_TEXT_BYTES, readPlainFile } from '../../files/plain-file.js';
import { whyNot } from '../../files/trouble.js';
import type { SyncIdentity } from '../authority.js';
import { type CredentialEntry, environmentEntry, ownEntries, specKittyEntries } from './formats.js';

export type CredentialLookup =
  | (CredentialEntry & { readonly state: 'found'; readonly token: Secret })
  // What is missing, what there is instead, and what to type next.
  | (Advised & {
      readonly state: 'absent';
      /** Origins of other servers there are credentials for. */
      readonly otherServers: readonly string[];
      /** Who was last signed in here, where an entry without a token still says so. */
      readonly username: string | null;
      readonly teamSlug: string | null;
    });

export interface CredentialRequest {
  readonly paths: HomePaths;
  readonly env: NodeJS.ProcessEnv;
  readonly server: {
    /** Canonical address; credentials belong to its origin. */
    readonly url: string;
    /**
     * True when this is the server in force and somebody named it. `SPEC_KITTY_TOKEN`
     * is about that server alone, not about the default or another target.
     */
    readonly takesEnvironmentToken: boolean;
  };
}

/**
 * The credentials for one server, in this order: the environment, what
 * `redrain login` kept, Spec Kitty's own file. Those of another server are
 * never returned, only named. Reads files, writes none, and treats a
 * broken or unreadable one as absent, with the reason in the message.
 */
export async function lookupCredentials(request: CredentialRequest): Promise<CredentialLookup> {
  const { paths, env, server } = request;
  const fromEnv = server.takesEnvironmentToken ? environmentEntry(env) : undefined;
  if (fromEnv?.token) return { ...fromEnv, state: 'found', token: fromEnv.token };
  const files = await readCredentialFiles(paths);
  const { origin } = new URL(server.url);
  const own = entriesFor(origin, files);
  for (const entry of own) {
    if (entry.token) return { ...entry, state: 'found', token: entry.token };
  }
  const otherServers = originsBut(origin, files);
  return {
    state: 'absent',
    message: absentMessage(shownAddress(server.url), own, otherServers, files, fromEnv?.problem),
    advice: `Run \`redrain login ${shownAddress(server.url)}\`.`,
    otherServers,
    username: own[0]?.username ?? null,
    teamSlug: own[0]?.teamSlug ?? null,
  };
}

/** Who the credentials belong to, for the resolver. */
export const identityOf = (credentials: CredentialLookup): SyncIdentity => ({
  user: credentials.username,
  team: credentials.teamSlug,
});

const entriesFor = (origin: string, files: readonly CredentialFile[]): CredentialEntry[] =>
  files.flatMap(({ entries }) => entries.get(origin) ?? []);

const originsBut = (origin: string, files: readonly CredentialFile[]): string[] => [
  ...new Set(files.flatMap(({ entries }) => [...entries.keys()]).filter((key) => key !== origin)),
];

function absentMessage(
  url: string,
  own: readonly CredentialEntry[],
  otherServers: readonly string[],
  files: readonly CredentialFile[],
  environmentProblem: string | undefined,
): string {
  const problems = [environmentProblem, ...files.map(({ problem }) => problem)];
  const sentences = [
    own.length > 0
      ? `The credentials for ${url} hold no access token.`
      : `There are no credentials for ${url}.`,
    otherServers.length > 0 &&
      `Those for ${otherServers.join(', ')} belong to that server and are sent to no other.`,
    ...problems,
  ];
  return sentences.filter(Boolean).join(' ');
}

/** What one credentials file holds, by origin. */
export interface CredentialFile {
  readonly entries: ReadonlyMap<string, CredentialEntry>;
  /** Why the file could not be used, as a sentence without secrets. */
  readonly problem?: string;
}

type Reader = (table: TomlTable, path: string) => ReadonlyMap<string, CredentialEntry>;

/** redrain's own file, then Spec Kitty's. A missing one is empty. */
export async function readCredentialFiles(paths: HomePaths): Promise<CredentialFile[]> {
  return [
    await readOne(paths.ownCredentials, ownEntries),
    await readOne(paths.credentials, specKittyEntries),
  ];
}

async function readOne(path: string, read: Reader): Promise<CredentialFile> {
  const bytes = readBytes(path);
  if (bytes === undefined) return { entries: new Map() };
  if (typeof bytes === 'string') return unusable(path, bytes);
  const { BrokenTomlError, decodeToml, parseToml } = await import('../../config/toml.js');
  try {
    return { entries: read(parseToml(decodeToml(bytes)), path) };
  } catch (error) {
    if (error instanceof BrokenTomlError) return unusable(path, error.message);
    throw error;
  }
}

const unusable = (path: string, why: string): CredentialFile => ({
  entries: new Map(),
  problem: `${path} cannot be used: ${why}.`,
});

/** The bytes, undefined for no file, or what kept them away. */
function readBytes(path: string): Buffer | string | undefined {
  try {
    return readPlainFile(path, MAX_TEXT_BYTES);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? undefined : whyNot(error);
  }
}
