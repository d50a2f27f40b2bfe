/** Every statement that touches targets, but for leases, passes and health, which are the ledger's. */

const COLUMNS = `t.id, t.url_hash AS "urlHash", t.team_slug AS "teamSlug", t.user_email AS "userEmail",
  t.kind, t.canonical_url AS "canonicalUrl", t.raw_endpoint AS "rawEndpoint", t.settings, t.label,
  COALESCE(t.name, 'target-' || t.id) AS name, t.start_seq AS "startSeq",
  t.created_at AS "createdAt", t.retired_at AS "retiredAt", t.pass_no AS "passNo",
  t.lease_holder AS "leaseHolder", t.circuit_failures AS "circuitFailures",
  t.circuit_open_until AS "circuitOpenUntil", t.resume_at AS "resumeAt",
  t.blocked_reason AS "blockedReason", t.blocked_message AS "blockedMessage",
  t.reset_signal AS "resetSignal", t.last_drained_at AS "lastDrainedAt", t.reads_gzip AS "readsGzip",
  d.id AS "deploymentRef", d.server_instance_id AS "serverInstanceId",
  d.deployment_id AS "deploymentId", d.environment_name AS "environmentName", d.git_sha AS "gitSha"`;

const SELECT = `SELECT ${COLUMNS} FROM target t LEFT JOIN deployment d ON d.id = t.deployment_ref`;

export const FIND = `${SELECT} WHERE t.id = @id::bigint`;

export const FIND_BY_KEY = `${SELECT}
  WHERE t.url_hash = @urlHash AND t.team_slug = @teamSlug AND t.user_email = @userEmail`;

export const LIST = `${SELECT} ORDER BY t.id`;

export const INSERT = `
  INSERT INTO target (url_hash, team_slug, user_email, kind, canonical_url, raw_endpoint, settings, created_at, name)
  VALUES (@urlHash, @teamSlug, @userEmail, @kind, @canonicalUrl, @rawEndpoint, @settings, @now::bigint, @name)
  RETURNING id`;

export const NAMES = 'SELECT id, name FROM target';

export const RENAME = 'UPDATE target SET name = @name WHERE id = @id::bigint';

export const MOVE = `
  UPDATE target SET url_hash = @urlHash, team_slug = @teamSlug, user_email = @userEmail, kind = @kind,
    canonical_url = @canonicalUrl, raw_endpoint = @rawEndpoint, reads_gzip = NULL
  WHERE id = @id::bigint`;

export const FOLLOW_DESCRIPTION = `
  UPDATE target SET raw_endpoint = @rawEndpoint, settings = @settings WHERE id = @id::bigint`;

export const SET_SETTINGS = 'UPDATE target SET settings = @settings WHERE id = @id::bigint';

/** The deployment of a target, made and named by it. */
export const ADD_DEPLOYMENT = `
  WITH added AS (
    INSERT INTO deployment (target_id, server_instance_id, deployment_id, environment_name, git_sha, first_seen_at)
    VALUES (@id::bigint, @serverInstanceId, @deploymentId, @environmentName, @gitSha, @now::bigint)
    RETURNING id)
  UPDATE target SET deployment_ref = added.id FROM added WHERE target.id = @id::bigint
  RETURNING added.id AS ref`;

export const RAISE_RESET = 'UPDATE target SET reset_signal = @signal WHERE id = @id::bigint';

export const LABEL = 'UPDATE target SET label = @label WHERE id = @id::bigint';

export const NOTE_GZIP = 'UPDATE target SET reads_gzip = @readsGzip::int WHERE id = @id::bigint';

export const ACKNOWLEDGE = 'UPDATE target SET reset_signal = NULL WHERE id = @id::bigint';

export const RETIRE = `
  UPDATE target SET retired_at = @now::bigint WHERE id = @id::bigint AND retired_at IS NULL`;

export const RESTORE = `
  UPDATE target SET retired_at = NULL WHERE id = @id::bigint AND retired_at IS NOT NULL`;
