import { DEFAULT_SETTINGS } from '../config/settings.js';
import { DRAIN_BLOCKED_REASONS, type DrainBlockedReason } from '../dispatch/ports.js';
import { blockedReason } from '../policy/capture-reason.js';
import { permissionOf } from '../policy/permission.js';
import { emptySections } from '../status/empty-sections.js';
import { readSections, type StatusSections } from '../status/sqlite-status.js';
import type { StatusDocument, UnreadableSection } from '../status/status-document.js';
import { reportAuthority } from '../targets/authority-report.js';
import { identityOf } from '../targets/credentials.js';
import type { TargetRecord } from '../targets/registry.js';
import type { Situation } from '../targets/situation.js';
import { wayOut } from '../targets/way-out.js';
import type { App, Stores } from './app.js';

/** The whole status document. Changes nothing and blocks no writer; works on a home without a journal. */
export async function readStatus(app: App): Promise<StatusDocument> {
  const situation = await app.situation();
  const sections = await sectionsOf(app, situation).catch((error: Error) => unreadable(error));
  return { target_authority: authoritySection(app, situation), ...sections };
}

function authoritySection(app: App, situation: Situation): StatusDocument['target_authority'] {
  const { config, authority, settings } = situation;
  const identity = authority === undefined ? NOBODY : identityOf(authority.credentials);
  const { processWideOverride } = app.options;
  const request = { paths: app.paths, env: app.env, config, identity, processWideOverride };
  return {
    ...reportAuthority(request),
    mode: config.state === 'unreadable' ? null : settings.mode,
    configured: authority?.resolved.configured ?? false,
  };
}

const NOBODY = { user: null, team: null };

async function sectionsOf(app: App, situation: Situation): Promise<StatusSections> {
  const stores = app.readStores();
  if (stores === undefined) return emptySections(app.spool, blockedNow(situation, undefined, {}));
  try {
    return await readAll(app, situation, stores);
  } finally {
    stores.db.close();
  }
}

async function readAll(app: App, situation: Situation, stores: Stores): Promise<StatusSections> {
  const targets = await stores.targets.list();
  const key = situation.description;
  const current = key === undefined ? undefined : await stores.targets.findByKey(key);
  const { projectRules } = situation.settings ?? DEFAULT_SETTINGS;
  const { active } = situation;
  const activeProjects = active.state === 'target' ? active.settings.projects : 'all';
  return readSections(stores.db, {
    targets,
    current,
    permissionFor: (target) =>
      permissionOf(projectRules, target?.settings.projects ?? activeProjects),
    blockedReason: (held) => blockedNow(situation, current, held),
    spool: app.spool,
    now: app.now(),
  });
}

/** The reason that holds for the active target as a whole: a closed gate, or everything that is held. */
function blockedNow(
  situation: Situation,
  current: TargetRecord | undefined,
  held: Readonly<Partial<Record<DrainBlockedReason, number>>>,
): DrainBlockedReason | null {
  const way = { ...wayOut(situation, current), projectRules: null };
  const gate = blockedReason(way, { projectUuid: null, repoSlug: null, checkout: null });
  const reasons = [gate, ...Object.keys(held)];
  return DRAIN_BLOCKED_REASONS.find((reason) => reasons.includes(reason)) ?? null;
}

function unreadable(error: Error): Record<keyof StatusSections, UnreadableSection> {
  const section = { error: error.message };
  return {
    event_journal: section,
    delivery_targets: section,
    delivery_ledger: section,
    terminal_failures: section,
    migration_conflicts: section,
  };
}
