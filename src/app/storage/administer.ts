import { OlderSchemaError } from '../../files/storage-errors.js';
import type { App } from '../app.js';
import { type Check, checkOf, fine, isFinding } from '../doctor/check.js';
import { examineHome } from '../doctor/home.js';
import { schemaFindings } from '../doctor/schema.js';
import type { Engine, StorageChange } from './engine.js';

/** What `storage init` or `storage migrate` came to. */
export interface StorageReport extends Pick<StorageChange, 'roles' | 'grants'> {
  readonly engine: Engine['kind'];
  /** Where the journal is. */
  readonly storage: string;
  /** Whether tables were made or changed. */
  readonly changed: boolean;
  /** The number of the schema; null for a file, which makes and changes its own. */
  readonly schema: number | null;
}

/** Makes tables, and roles where they are asked for; a journal in the home needs neither. */
export async function initStorage(app: App, withRoles: boolean): Promise<StorageReport> {
  const engine = await app.engine();
  const change = await engine.administration?.init(withRoles);
  return change === undefined ? fileReport(engine, false) : serverReport(engine, change);
}

/** Brings the tables up to date. Returns undefined when there is no journal. */
export async function migrateStorage(app: App): Promise<StorageReport | undefined> {
  const engine = await app.engine();
  if (engine.administration !== undefined) {
    const change = await engine.administration.migrate();
    return change && serverReport(engine, change);
  }
  if (!(await engine.exists())) return undefined;
  if (!(await isOlder(engine))) return fileReport(engine, false);
  // A file is brought up to date by whoever opens it for writing.
  await app.stores();
  return fileReport(engine, true);
}

/** What `init` or `migrate` would tell the server; undefined where there is nothing to tell. */
export async function storageScript(
  app: App,
  script: { readonly of: 'init'; readonly roles: boolean } | { readonly of: 'migrate' },
): Promise<string | undefined> {
  const { administration } = await app.engine();
  return script.of === 'init'
    ? administration?.initScript(script.roles)
    : administration?.migrateScript();
}

/** What was looked at, and what to do where it does not hold. */
export interface StorageCheck {
  readonly ok: boolean;
  readonly engine: Engine['kind'];
  readonly storage: string;
  readonly checks: readonly Check[];
}

/** Looks at what the promises of the journal rest on, wherever it is. Changes nothing. */
export async function checkStorage(app: App): Promise<StorageCheck> {
  const engine = await app.engine();
  const checks = (await engine.administration?.check()) ?? (await checkFile(app, engine));
  const ok = checks.every(({ status }) => status !== 'problem');
  return { ok, engine: engine.kind, storage: engine.shown, checks };
}

/** The home of a journal that is a file, its schema, and whether its guards stand. */
async function checkFile(app: App, engine: Engine): Promise<Check[]> {
  const home = examineHome(app).map((one) => (isFinding(one) ? checkOf(one) : one));
  return [...home, ...(await checkJournal(app, engine))];
}

async function checkJournal(app: App, engine: Engine): Promise<Check[]> {
  try {
    const stores = await engine.openToRead();
    if (stores === undefined) return [fine('schema', 'the first capture makes the journal')];
    try {
      const { spoolDir, archiveDir } = app.paths;
      const request = { spoolDir, archiveDir, only: ['tables', 'triggers'] };
      const control = { progress: () => undefined, signal: new AbortController().signal };
      const { checks } = await stores.verification.verify(request, control);
      return [fine('schema', 'up to date'), ...checks.map(guardCheck)];
    } finally {
      await stores.close();
    }
  } catch (error) {
    return schemaFindings([error]).map(checkOf);
  }
}

const guardCheck = ({
  name,
  ok,
  problems,
}: {
  readonly name: string;
  readonly ok: boolean;
  readonly problems: readonly string[];
}): Check =>
  ok
    ? fine(name, 'as this program made them')
    : { check: name, status: 'problem', message: problems.join('; '), command: 'redrain verify' };

async function isOlder(engine: Engine): Promise<boolean> {
  try {
    await (await engine.openToRead())?.close();
    return false;
  } catch (error) {
    if (error instanceof OlderSchemaError) return true;
    throw error;
  }
}

const serverReport = (engine: Engine, change: StorageChange): StorageReport => ({
  engine: engine.kind,
  storage: engine.shown,
  changed: change.after !== change.before,
  schema: change.after,
  roles: change.roles,
  grants: change.grants,
});

const fileReport = (engine: Engine, changed: boolean): StorageReport => ({
  engine: engine.kind,
  storage: engine.shown,
  changed,
  schema: null,
  roles: null,
  grants: [],
});
