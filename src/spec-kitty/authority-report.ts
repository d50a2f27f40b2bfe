import { ConfigUnreadableError } from '../config/document.js';
import type { Mode } from '../policy/mode.js';
import { UnusableUrlError } from '../targets/canonical-url.js';
import {
  assertNotSplit,
  type ResolveRequest,
  resolveSyncTarget,
  type TargetAuthority,
} from './authority.js';
import { SplitBrainError } from './authority-errors.js';

/** Where events go and as whom: the nine fields, or those known and why not all. */
export type TargetAuthorityReport = Partial<TargetAuthority> & { readonly error?: string };

/** The section `target_authority` of `status`, with what redrain adds. */
export type AuthoritySection = TargetAuthorityReport & {
  /** Null while config.toml cannot be used. */
  readonly mode: Mode | null;
  /** False when nothing named a server and the documented default stands in. */
  readonly configured: boolean;
};

/**
 * The resolved target for `status`, which works also when the target is split
 * or cannot be resolved (docs/status.md).
 */
export function reportAuthority(request: ResolveRequest): TargetAuthorityReport {
  try {
    return withSplit(authorityFields(resolveSyncTarget(request)));
  } catch (error) {
    if (error instanceof ConfigUnreadableError || error instanceof UnusableUrlError) {
      return { error: error.message };
    }
    throw error;
  }
}

/** The nine fields alone, in the order in which reports show them. */
export const authorityFields = (target: TargetAuthority): TargetAuthority => ({
  configured_server_url: target.configured_server_url,
  env_server_url: target.env_server_url,
  override_mode: target.override_mode,
  resolved_server_url: target.resolved_server_url,
  user_id: target.user_id,
  team_slug: target.team_slug,
  derived_queue_scope: target.derived_queue_scope,
  queue_db_path: target.queue_db_path,
  active_queue_scope_status: target.active_queue_scope_status,
});

function withSplit(fields: TargetAuthority): TargetAuthorityReport {
  try {
    assertNotSplit(fields);
    return fields;
  } catch (error) {
    if (error instanceof SplitBrainError) return { ...fields, error: error.message };
    throw error;
  }
}
