import { join } from 'node:path';
import { OsLock } from '../../files/os-lock.js';
import type { KnownIdentities } from '../../spec-kitty/known-identities.js';
import type { ImportReport } from '../../spec-kitty/legacy/migration.js';
import type {
  CleanupReport,
  MigrationReport,
  SourceReport,
} from '../../spec-kitty/legacy/migration-report.js';
import type { Stores } from '../../stores.js';
import type { TargetRecord } from '../../targets/registry.js';
import type { App } from '../app.js';

export interface MigrateOptions {
  /** Count what would be done; change nothing. */
  readonly dryRun?: boolean;
  /** `plan`: say what would be renamed; `rename`: do it. */
  readonly cleanup?: 'plan' | 'rename' | undefined;
  readonly signal?: AbortSignal | undefined;
  progress?(done: number, of: number, last: SourceReport): void;
}

/** Takes the old queues of this home into its journal. */
export async function migrate(app: App, options: MigrateOptions = {}): Promise<MigrationReport> {
  return options.dryRun === true ? rehearse(app, options) : perform(app, options);
}

/** One migration at a time: the lock goes with its holder. */
async function perform(app: App, options: MigrateOptions): Promise<MigrationReport> {
  const { withScratch } = await import('../../spec-kitty/legacy/scratch.js');
  const stores = await app.stores();
  const lock = await OsLock.acquire(join(app.paths.locksDir, 'migrate.lock'), options.signal);
  try {
    const report = await withScratch(app.paths.state, async (scratch) =>
      importAll(app, stores, await stores.targets.list(), scratch, options),
    );
    const cleanup = await cleanUp(app, stores, options, report.interrupted);
    return { dry_run: false, ...report, cleanup };
  } finally {
    lock?.release();
  }
}

/** The whole import, on a copy of the journal that is thrown away. */
async function rehearse(app: App, options: MigrateOptions): Promise<MigrationReport> {
  const { withScratch } = await import('../../spec-kitty/legacy/scratch.js');
  return withScratch(undefined, (scratch) =>
    app.rehearsing(scratch, async (stores) => {
      const targets = await stores.targets.list();
      const report = await importAll(app, stores, targets, scratch, options);
      const plan =
        options.cleanup === undefined ? options : { ...options, cleanup: 'plan' as const };
      const cleanup = await cleanUp(app, stores, plan, report.interrupted);
      return { dry_run: true, ...report, cleanup };
    }),
  );
}

async function importAll(
  app: App,
  { imports }: Stores,
  targets: readonly TargetRecord[],
  scratch: string,
  options: MigrateOptions,
): Promise<ImportReport> {
  const { migrateQueues } = await import('../../spec-kitty/legacy/migration.js');
  return migrateQueues({
    paths: app.paths,
    imports,
    identities: await identitiesOf(app, targets),
    scratch,
    now: () => app.now(),
    signal: options.signal,
    ...(options.progress === undefined ? {} : { progress: options.progress }),
  });
}

async function identitiesOf(app: App, targets: readonly TargetRecord[]): Promise<KnownIdentities> {
  const { knownIdentities } = await import('../../spec-kitty/known-identities.js');
  const { config, authority } = await app.situation();
  const resolved = authority?.resolved;
  return knownIdentities({
    paths: app.paths,
    env: app.env,
    config,
    identity: { user: resolved?.user_id ?? null, team: resolved?.team_slug ?? null },
    targets,
  });
}

async function cleanUp(
  app: App,
  { imports }: Stores,
  { cleanup }: MigrateOptions,
  interrupted: boolean,
): Promise<CleanupReport | null> {
  if (cleanup === undefined || interrupted) return null;
  const { cleanUpQueues } = await import('../../spec-kitty/legacy/cleanup.js');
  return cleanUpQueues(app.paths, imports, cleanup === 'rename');
}
