import { homedir as systemHomedir } from 'node:os';
import { join, resolve } from 'node:path';
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
  /** Shared with Spec Kitty. */
  readonly config: string;
  /** Spec Kitty's own login; read, and rewritten only after a refresh. */
  readonly credentials: string;
  /** The old program's marker; read only to report its status. */
  readonly activeScope: string;
  /** The old queue of an unauthenticated machine. */
  readonly legacyQueue: string;
  /** Where the old scoped queues are. */
  readonly queuesDir: string;
  /** redrain's own state. */
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
 * `SPEC_KITTY_HOME`, else `~/.spec-kitty` (on Windows the local application
 * data of `spec-kitty`). An empty value counts as unset, any other is used
 * verbatim: no `~`, no trimming. Touches no file.
 *
 * @throws NoHomeError when nothing names one.
 */
export function resolveHome(request: HomeRequest): HomePaths {
  const { env } = request;
  const given = request.home || env.REDRAIN_HOME || env.SPEC_KITTY_HOME;
  return pathsBelow(resolve(given || defaultHome(request)));
}

function defaultHome({ env, platform = process.platform, homedir }: HomeRequest): string {
  const user = homedir ?? (env.HOME || ownHomedir());
  if (platform !== 'win32') return join(user, '.spec-kitty');
  return join(env.LOCALAPPDATA || join(user, 'AppData', 'Local'), 'spec-kitty');
}

/** A container may run as a user that the system does not know. */
function ownHomedir(): string {
  try {
    return systemHomedir();
  } catch {
    throw new NoHomeError();
  }
}

function pathsBelow(home: string): HomePaths {
  const state = join(home, 'redrain');
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
