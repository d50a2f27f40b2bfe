import { lstatSync } from 'node:fs';
import { homedir as systemHomedir, userInfo } from 'node:os';
import { basename, isAbsolute, join, resolve } from 'node:path';
import { RedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';

/** Nothing says where events are to be kept. */
export class NoHomeError extends RedrainError {
  override readonly name = 'NoHomeError';
  readonly code = 'NO_HOME';
  override readonly exitCode = EXIT.usage;
  constructor() {
    super(
      'there is no home: HOME is not set, and this user has no home directory. Name one with --home DIR, or with REDRAIN_HOME',
    );
  }
}

/** Every path redrain knows below one home. All absolute. */
export interface HomePaths {
  readonly home: string;
  /** May be shared with Spec Kitty. */
  readonly config: string;
  /** Spec Kitty's own login; read, and rewritten only after a refresh. */
  readonly credentials: string;
  /** The old program's marker; read only to report its status. */
  readonly activeScope: string;
  /** The old queue of an unauthenticated machine. */
  readonly legacyQueue: string;
  /** Where the old scoped queues are. */
  readonly queuesDir: string;
  /** Where redrain's own files are: the home itself, or `redrain` in a shared one. */
  readonly state: string;
  readonly journalDb: string;
  readonly jobsDb: string;
  readonly spoolDir: string;
  readonly archiveDir: string;
  readonly locksDir: string;
  /** What `redrain login` keeps. */
  readonly ownCredentials: string;
}

export interface HomeRequest {
  /** `--home`, which wins over the environment. */
  readonly home?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly platform?: NodeJS.Platform;
  /** The user's home directory; else `HOME`, else what the system says. */
  readonly homedir?: string;
}

/**
 * The paths of the home in force: `--home`, else `REDRAIN_HOME`, else
 * `SPEC_KITTY_HOME`, else Spec Kitty's own home where this user has one
 * (`~/.spec-kitty`), else the place where programs of this platform keep data.
 * An empty value counts as unset, any other is used verbatim: no `~`, no
 * trimming. Looks at names only, reads no file and changes none.
 *
 * @throws NoHomeError when nothing names one.
 */
export function resolveHome(request: HomeRequest): HomePaths {
  const { env } = request;
  const shared = env.SPEC_KITTY_HOME || undefined;
  const home = resolve(request.home || env.REDRAIN_HOME || shared || defaultHome(request));
  return pathsBelow(home, stateOf(home, shared !== undefined && home === resolve(shared)));
}

function defaultHome(request: HomeRequest): string {
  const { env, platform = process.platform } = request;
  if (platform === 'win32') {
    const data = env.LOCALAPPDATA || join(userDirectory(request), 'AppData', 'Local');
    return present(join(data, 'spec-kitty')) ?? join(data, 'redrain');
  }
  const data = platform === 'darwin' ? undefined : dataHome(env);
  if (data !== undefined && !hasUserDirectory(request)) return join(data, 'redrain');
  const user = userDirectory(request);
  const usual = platform === 'darwin' ? ['Library', 'Application Support'] : ['.local', 'share'];
  return present(join(user, '.spec-kitty')) ?? join(data ?? join(user, ...usual), 'redrain');
}

/** A relative path is ignored, as the XDG specification says. */
function dataHome(env: NodeJS.ProcessEnv): string | undefined {
  const path = env.XDG_DATA_HOME ?? '';
  return isAbsolute(path) ? path : undefined;
}

function hasUserDirectory(request: HomeRequest): boolean {
  try {
    return userDirectory(request) !== '';
  } catch (error) {
    if (error instanceof NoHomeError) return false;
    throw error;
  }
}

function userDirectory({ env, homedir }: HomeRequest): string {
  const user = homedir ?? (env.HOME || ownHomedir());
  if (user === '') throw new NoHomeError();
  return user;
}

/** A container may run as a user that the system does not know, or with a HOME that is empty. */
function ownHomedir(): string {
  try {
    return systemHomedir() || userInfo().homedir;
  } catch {
    throw new NoHomeError();
  }
}

/**
 * Where redrain's own files are: directly in a home of its own, below `redrain`
 * in one that is shared, or that the first version made. What is there
 * decides before anything else, so that no home ever gets a second journal.
 */
function stateOf(home: string, isShared: boolean): string {
  const below = join(home, 'redrain');
  if (isThere(join(below, 'journal.db'))) return below;
  if (OWN_FILES.some((name) => isThere(join(home, name)))) return home;
  return isThere(below) || isShared || hasSpecKittyFiles(home) ? below : home;
}

/** What the first capture, drain, job or login in a home makes. */
const OWN_FILES = ['journal.db', 'spool', 'jobs.db', 'locks', 'credentials.toml'];

/** Everything that Spec Kitty alone puts into a home. */
const SPEC_KITTY_FILES = ['credentials', 'active_queue_scope', 'queue.db', 'queues', 'auth'];
const SPEC_KITTY_HOMES = ['.spec-kitty', 'spec-kitty'];

/** Whether a home is Spec Kitty's by its name, or has files that Spec Kitty put there. */
export const hasSpecKittyFiles = (home: string): boolean =>
  SPEC_KITTY_HOMES.includes(basename(home)) ||
  SPEC_KITTY_FILES.some((name) => isThere(join(home, name)));

/** A link to nothing counts: behind it may be a disk that is not mounted. */
function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // What cannot be looked at is for those who open it to report.
    return false;
  }
}

const present = (path: string): string | undefined => (isThere(path) ? path : undefined);

function pathsBelow(home: string, state: string): HomePaths {
  return Object.freeze({
    home,
    config: join(home, 'config.toml'),
    credentials: join(home, 'credentials'),
    activeScope: join(home, 'active_queue_scope'),
    legacyQueue: join(home, 'queue.db'),
    queuesDir: join(home, 'queues'),
    state,
    journalDb: join(state, 'journal.db'),
    jobsDb: join(state, 'jobs.db'),
    spoolDir: join(state, 'spool'),
    archiveDir: join(state, 'archive'),
    locksDir: join(state, 'locks'),
    ownCredentials: join(state, 'credentials.toml'),
  });
}
