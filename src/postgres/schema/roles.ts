import { CREATE_TABLES } from './tables.js';

/**
 * What the application's role and the one of gc may do with the tables, so that the
 * journal is append-only for both: what no statement of ours does, the server refuses
 * before a trigger is asked. Both are groups: people and services are members.
 */
export interface Roles {
  /** Captures, drains, decides; never deletes what was captured. */
  readonly application: string;
  /** All of that; and gc, archive, restore and redact, which triggers hold to their records. */
  readonly gc: string;
}

interface Privileges {
  /** Of both roles, beside SELECT. */
  readonly application: readonly string[];
  /** Of the role of gc, more. */
  readonly gc?: readonly string[];
}

/** Tables that are kept; every other one is state that the program works on. */
const KEPT: Readonly<Record<string, Privileges>> = {
  event: { application: ['INSERT'] },
  origin: { application: ['INSERT'] },
  payload: { application: ['INSERT'], gc: ['DELETE'] },
  purge: { application: [], gc: ['INSERT', 'UPDATE', 'DELETE'] },
  redaction: { application: [], gc: ['INSERT'] },
  conflict: {
    application: ['INSERT', 'UPDATE ("resolved_at", "kept")'],
    gc: ['UPDATE ("incoming_bytes")'],
  },
  audit: { application: ['INSERT'], gc: ['UPDATE ("bytes", "details")'] },
  head: { application: ['UPDATE ("seq")'] },
  migrations: { application: [] },
};

const WORKED_ON: Privileges = { application: ['INSERT', 'UPDATE', 'DELETE'] };

const TABLES = CREATE_TABLES.flatMap((text) => /^CREATE TABLE (\w+)/.exec(text)?.[1] ?? []);

/** The roles of a schema. They are of the whole server, so journals in schemas of one name share them. */
export function rolesOf(schema: string): Roles {
  return { application: `${schema}_application`, gc: `${schema}_gc` };
}

/**
 * What makes the roles where they are missing, and gives them what they need and
 * nothing else; for the owner of the tables, who may make roles. Doing it again
 * changes nothing.
 */
export function grantStatements(schema: string, roles: Roles): string[] {
  const { application, gc } = roles;
  return [
    ...[application, gc].map(makeRole),
    `GRANT "${application}" TO "${gc}"`,
    ...tableGrants(schema, roles),
  ];
}

/** What the roles may do, which any owner of the tables can say: after a migration new tables are in it. */
export function tableGrants(schema: string, roles: Roles): string[] {
  const both = `"${roles.application}", "${roles.gc}"`;
  return [
    `REVOKE ALL ON SCHEMA "${schema}" FROM PUBLIC`,
    `REVOKE ALL ON ALL TABLES IN SCHEMA "${schema}" FROM PUBLIC, ${both}`,
    `GRANT USAGE ON SCHEMA "${schema}" TO ${both}`,
    ...TABLES.flatMap((table) => grants(`"${schema}"."${table}"`, KEPT[table] ?? WORKED_ON, roles)),
  ];
}

function makeRole(name: string): string {
  return `DO $$ BEGIN CREATE ROLE "${name}" NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$`;
}

function grants(table: string, { application, gc = [] }: Privileges, roles: Roles): string[] {
  const grant = (rights: readonly string[], role: string): string =>
    `GRANT ${rights.join(', ')} ON ${table} TO "${role}"`;
  return [
    grant(['SELECT', ...application], roles.application),
    ...(gc.length > 0 ? [grant(gc, roles.gc)] : []),
  ];
}

/** The tables of a journal. */
export const TABLE_NAMES: readonly string[] = TABLES;

/** Rights on a table as a whole that can change, delete or empty what is there. */
const CHANGING = ['UPDATE', 'DELETE', 'TRUNCATE'] as const;

/** What no role of redrain may do to a table that is kept; `isGc`: what only the one of gc may is allowed. */
export function forbiddenRights(table: string, isGc: boolean): readonly string[] {
  const kept = KEPT[table];
  if (kept === undefined) return ['TRUNCATE'];
  const allowed = [...kept.application, ...(isGc ? (kept.gc ?? []) : [])];
  return CHANGING.filter((right) => !allowed.includes(right));
}
