import { type AuthoritySection, reportAuthority } from '../../spec-kitty/authority-report.js';
import { identityOf } from '../../spec-kitty/credentials/lookup.js';
import { type OldQueues, readOldQueues } from '../../spec-kitty/legacy/old-queues.js';
import type { Stores } from '../../stores.js';
import type { App } from '../app.js';
import type { Situation } from '../situation.js';

/** The section `target_authority` of `status`. */
export function authoritySection(app: App, situation: Situation): AuthoritySection {
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

/** Every old queue file of the home, counted for the scope in force. */
export function oldQueuesNow(
  app: App,
  { authority }: Situation,
  stores: Pick<Stores, 'imports'> | undefined,
): Promise<OldQueues> {
  const activePath = authority?.resolved.queue_db_path ?? app.paths.legacyQueue;
  return readOldQueues(app.paths, activePath, stores?.imports);
}
