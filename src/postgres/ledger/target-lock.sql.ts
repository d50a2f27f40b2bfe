/** The lease row as a lock: who may drain a target, by the clock of the server. */

import { LANES } from '../locks.js';
import { LEASE_END } from './claim.sql.js';

const NOW = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint';

const IS_FREE = `(t.lease_token IS NULL OR t.lease_until IS NULL OR t.lease_until < ${NOW})`;

export const FREE_TARGET = `
  SELECT t.lease_token IS NOT NULL AS expired FROM target t
  WHERE t.id = @targetId::bigint AND ${IS_FREE}`;

/**
 * Ends the connection of a holder whose time is over while it is in the way: it is in
 * the middle of a transaction on this target. Nothing of what it was writing is stored.
 */
export const END_HANGING_HOLDER = `
  SELECT pg_terminate_backend(l.pid) AS ended
  FROM target t
  JOIN pg_locks l ON l.pid = t.lease_pid AND l.locktype = 'advisory' AND l.granted
    AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
    AND l.classid = (to_regclass('head')::oid::bigint & 2147483647)::oid
    AND l.objid = (${LANES.firstTarget} + t.id)::oid AND l.objsubid = 2
  WHERE t.id = @targetId::bigint AND t.lease_until < ${NOW}`;

/**
 * Whoever held it before writes nothing from here on: each of its statements asks for its token.
 * Done twice, it is as done once.
 */
export const TAKE_FREE = `
  UPDATE target t SET lease_token = @token, lease_holder = NULL, lease_until = ${LEASE_END},
    lease_pid = pg_backend_pid()
  WHERE t.id = @targetId::bigint AND (${IS_FREE} OR t.lease_token = @token)`;

/** Needs no lock: of it and TAKE_FREE, whichever comes second finds that its condition holds no more. */
export const RENEW = `
  UPDATE target SET lease_until = ${LEASE_END}, lease_pid = COALESCE(@writerPid::int, lease_pid)
  WHERE id = @targetId::bigint AND lease_token = @token`;

export const GIVE_BACK = `
  UPDATE target SET lease_token = NULL, lease_holder = NULL, lease_until = NULL, lease_pid = NULL
  WHERE id = @targetId::bigint AND lease_token = @token`;
