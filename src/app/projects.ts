import { settingsOf } from '../config/document.js';
import { editConfig } from '../config/edit.js';
import { originFields } from '../ledger/origins.js';
import { projectKey, projectPermission } from '../policy/projects.js';
import type { KnownOrigin } from '../reports/event-list.js';
import type { App } from './app.js';

/** One project, or one part of it that another rule decides about. */
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
export function readProjects(app: App): Promise<ProjectRow[]> {
  return app.reading(async ({ situation, stores }) => {
    const rules = settingsOf(situation.config).projectRules;
    const origins = (await stores?.reports.knownOrigins()) ?? [];
    return byProject(origins).map((row) => {
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
  });
}

/** No rule depends on the type of an event: what differs in nothing else is one row. */
function byProject(origins: readonly KnownOrigin[]): KnownOrigin[] {
  const rows = new Map<string, KnownOrigin>();
  for (const origin of origins) {
    const key = JSON.stringify([origin.projectUuid, origin.repoSlug, origin.checkout]);
    const known = rows.get(key);
    rows.set(key, { ...(known ?? origin), live: (known?.live ?? 0) + origin.live });
  }
  return [...rows.values()];
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
 * however many a project has. Returns the keys it wrote.
 */
export async function changeProjects(
  app: App,
  verdict: 'allow' | 'hold',
  change: ProjectChange,
): Promise<string[]> {
  const known = change.all ? await knownKeys(app) : [];
  const keys = new Set([...change.uuids.map(projectKey), ...known]);
  if (change.unassigned) keys.add(UNASSIGNED);
  const changes = [...keys].map((key) => ({ path: ['sync', 'projects', key], value: verdict }));
  if (changes.length > 0) await editConfig(app.paths.config, changes);
  return [...keys];
}

/** Of every project that the journal knows. */
async function knownKeys(app: App): Promise<string[]> {
  const origins = await app.readingStores(async (stores) => stores?.reports.knownOrigins());
  return (origins ?? []).map(({ projectUuid }) => projectKey(projectUuid)).filter(isOwnKey);
}
