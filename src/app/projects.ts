import { settingsOf } from '../config/document.js';
import { editConfig } from '../config/edit.js';
import { originFields } from '../ledger/origins.js';
import { projectKey, projectPermission } from '../policy/projects.js';
import type { OriginRow } from '../reports/target-terms.js';
import { knownOrigins as originsIn } from '../sqlite/reports/known-origins.js';
import type { App } from './app.js';

/** One project, or one part of it that another rule speaks for. */
export interface ProjectRow {
  /** Null for events without a project. */
  readonly project_uuid: string | null;
  readonly repo_slug: string | null;
  readonly checkout: string | null;
  readonly events: number;
  readonly allowed: boolean;
  /** The configuration table that decided, or `unknown`. */
  readonly source: string;
}

/** Known projects with what the rules say of each. Changes nothing. */
export async function readProjects(app: App): Promise<ProjectRow[]> {
  const rules = settingsOf((await app.situation()).config).projectRules;
  return knownOrigins(app).map((row) => {
    const origin = originFields(row);
    const { allowed, source } = projectPermission(origin, rules);
    return {
      project_uuid: origin.projectUuid,
      repo_slug: origin.repoSlug,
      checkout: origin.checkout,
      events: row.live,
      allowed,
      source,
    };
  });
}

function knownOrigins(app: App): OriginRow[] {
  const stores = app.readStores();
  if (stores === undefined) return [];
  try {
    return originsIn(stores.db);
  } finally {
    stores.db.close();
  }
}

export interface ProjectChange {
  readonly uuids: readonly string[];
  /** Every project known now. */
  readonly all: boolean;
  /** Events without a project. */
  readonly unassigned: boolean;
}

/** The key of events without a project; a project of that very name has no key of its own and stays held. */
const UNASSIGNED = 'unassigned';

const isOwnKey = (key: string): boolean => key !== '' && key !== UNASSIGNED;

/**
 * Writes permissions to `[sync.projects]` of config.toml: nothing per event,
 * however many a project has. Answers the keys it wrote.
 */
export async function changeProjects(
  app: App,
  verdict: 'allow' | 'hold',
  change: ProjectChange,
): Promise<string[]> {
  const known = change.all
    ? knownOrigins(app)
        .map(({ projectUuid }) => projectKey(projectUuid))
        .filter(isOwnKey)
    : [];
  const keys = new Set([...change.uuids.map(projectKey), ...known]);
  if (change.unassigned) keys.add(UNASSIGNED);
  const changes = [...keys].map((key) => ({ path: ['sync', 'projects', key], value: verdict }));
  if (changes.length > 0) await editConfig(app.paths.config, changes);
  return [...keys];
}
