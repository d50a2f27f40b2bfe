/**
 * What the database itself refuses, from any connection and any role. Every trigger
 * is ENABLE ALWAYS, so that `session_replication_role = replica` skips none; those
 * on tables that grow with every event look at a whole statement at once. They look
 * rows up with a subquery each: a join, planned while the table was small, would read
 * the whole of it later.
 */
interface Guard {
  readonly table: string;
  /** For instance `BEFORE UPDATE OR DELETE OR TRUNCATE`. */
  readonly on: string;
  readonly each: 'ROW' | 'STATEMENT';
  /** What an AFTER trigger reads the rows from, if it does. */
  readonly rows?: string;
  /** In plpgsql; raises an error or does nothing. */
  readonly body: string;
}

const refuse = (message: string): string =>
  `RAISE EXCEPTION '${message}' USING ERRCODE = 'restrict_violation';`;

const refuseWhere = (condition: string, message: string): string =>
  `IF ${condition} THEN ${refuse(message)} END IF;`;

const kept = (table: string, on: string, message: string): Guard => ({
  table,
  on: `BEFORE ${on}`,
  each: 'STATEMENT',
  body: refuse(message),
});

const changed = (...columns: string[]): string =>
  columns.map((column) => `NEW.${column} IS DISTINCT FROM OLD.${column}`).join(' OR ');

const GUARDS: Readonly<Record<string, Guard>> = {
  event_kept: kept('event', 'UPDATE OR DELETE OR TRUNCATE', 'journal rows are immutable'),
  event_origin: {
    table: 'event',
    on: 'AFTER INSERT',
    each: 'STATEMENT',
    rows: 'REFERENCING NEW TABLE AS added',
    body: refuseWhere(
      'EXISTS (SELECT 1 FROM added a WHERE (SELECT o.id FROM origin o WHERE o.id = a.origin_id) IS NULL)',
      'an event has an origin that does not exist',
    ),
  },
  payload_kept: kept('payload', 'UPDATE OR TRUNCATE', 'payload bytes are immutable'),
  payload_no_forgery: {
    table: 'payload',
    on: 'AFTER INSERT',
    each: 'STATEMENT',
    rows: 'REFERENCING NEW TABLE AS added',
    body: `
      ${refuseWhere(
        `EXISTS (SELECT 1 FROM added a WHERE (SELECT g.kind FROM purge g WHERE g.seq = a.seq) = 'redact')`,
        'a redacted payload cannot come back',
      )}
      ${refuseWhere(
        `EXISTS (SELECT 1 FROM added a WHERE sha256(a.bytes) IS DISTINCT FROM
          (SELECT e.sha256 FROM event e WHERE e.seq = a.seq AND e.size = length(a.bytes)))`,
        'payload bytes do not match the digest of their event',
      )}`,
  },
  payload_no_delete: {
    table: 'payload',
    on: 'AFTER DELETE',
    each: 'STATEMENT',
    rows: 'REFERENCING OLD TABLE AS removed',
    body: refuseWhere(
      'EXISTS (SELECT 1 FROM removed r WHERE (SELECT g.seq FROM purge g WHERE g.seq = r.seq) IS NULL)',
      'payload bytes leave only behind a purge record',
    ),
  },
  purge_kept: kept('purge', 'TRUNCATE', 'purge records are kept'),
  // One way only: what was purged or archived may still have to be forgotten.
  purge_no_update: {
    table: 'purge',
    on: 'BEFORE UPDATE',
    each: 'ROW',
    body: refuseWhere(
      `NEW.kind <> 'redact' OR OLD.kind = 'redact' OR ${changed('seq', 'canonical_sha256')}
        OR EXISTS (SELECT 1 FROM payload p WHERE p.seq = OLD.seq)`,
      'purge records are immutable',
    ),
  },
  purge_no_delete: {
    table: 'purge',
    on: 'AFTER DELETE',
    each: 'STATEMENT',
    rows: 'REFERENCING OLD TABLE AS removed',
    body: refuseWhere(
      'EXISTS (SELECT 1 FROM removed r WHERE (SELECT p.seq FROM payload p WHERE p.seq = r.seq) IS NULL)',
      'a purge record stays until its payload is restored',
    ),
  },
  conflict_kept: kept('conflict', 'DELETE OR TRUNCATE', 'conflict records are kept'),
  conflict_keeps_bytes: {
    table: 'conflict',
    on: 'BEFORE UPDATE',
    each: 'ROW',
    body: refuseWhere(
      `${changed(
        'id',
        'event_id',
        'existing_seq',
        'existing_sha256',
        'incoming_sha256',
        'incoming_type',
      )} OR (NEW.incoming_bytes IS DISTINCT FROM OLD.incoming_bytes AND (length(NEW.incoming_bytes) > 0
          OR NOT EXISTS (SELECT 1 FROM redaction x WHERE x.event_id = OLD.event_id)))`,
      'the payloads of a conflict are immutable',
    ),
  },
  audit_kept: kept('audit', 'DELETE OR TRUNCATE', 'audit entries are kept'),
  audit_no_update: {
    table: 'audit',
    on: 'BEFORE UPDATE',
    each: 'ROW',
    body: refuseWhere(
      `NEW.bytes IS NOT NULL OR NEW.details IS NOT NULL
        OR NOT EXISTS (SELECT 1 FROM redaction x WHERE x.event_id = OLD.event_id)
        OR ${changed('id', 'at', 'action', 'event_id', 'event_type', 'family', 'reason')}`,
      'audit entries are immutable',
    ),
  },
  redaction_kept: kept(
    'redaction',
    'UPDATE OR DELETE OR TRUNCATE',
    'redaction records are immutable',
  ),
  head_kept: kept('head', 'DELETE OR TRUNCATE', 'the head of the journal is kept'),
  head_no_way_back: {
    table: 'head',
    on: 'BEFORE UPDATE',
    each: 'ROW',
    body: refuseWhere(
      `NEW.seq < OLD.seq OR ${changed('only', 'home')}`,
      'the head of the journal only moves on',
    ),
  },
};

/** What its function says, between the quotes of its declaration. */
function sourceOf({ on, each, body }: Guard): string {
  const result = on.startsWith('BEFORE') && each === 'ROW' ? 'NEW' : 'NULL';
  return ` BEGIN ${body} RETURN ${result}; END `;
}

/** `tgtype` of a trigger, as the catalogue of the server keeps it. */
function typeOf({ on, each }: Guard): number {
  const bits = { BEFORE: 2, INSERT: 4, DELETE: 8, UPDATE: 16, TRUNCATE: 32 };
  const named = Object.entries(bits).filter(([word]) => on.includes(word));
  return named.reduce((sum, [, bit]) => sum + bit, each === 'ROW' ? 1 : 0);
}

function statements(name: string, guard: Guard): string[] {
  const { table, on, each, rows } = guard;
  return [
    // The path is that of the schema they are made in: whoever fires them cannot put another before it.
    `CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT
     AS $$${sourceOf(guard)}$$`,
    `CREATE TRIGGER ${name} ${on} ON ${table} ${rows ?? ''} FOR EACH ${each} EXECUTE FUNCTION ${name}()`,
    `ALTER TABLE ${table} ENABLE ALWAYS TRIGGER ${name}`,
  ];
}

/** A trigger that must stand. */
export interface Guarding {
  readonly name: string;
  readonly table: string;
  /** When and for what it fires, as the catalogue of the server has it. */
  readonly type: number;
  /** The text of its function, which has its name. */
  readonly source: string;
}

/** The triggers that must stand, by table. */
export const GUARDED: readonly Guarding[] = Object.entries(GUARDS).map(([name, guard]) => ({
  name,
  table: guard.table,
  type: typeOf(guard),
  source: sourceOf(guard),
}));

/** What makes the triggers, in order. */
export const CREATE_TRIGGERS: readonly string[] = Object.entries(GUARDS).flatMap(([name, guard]) =>
  statements(name, guard),
);
