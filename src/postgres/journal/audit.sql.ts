/** Reads of the audit log; rows are written by the journal, with the events they are about. */

const COLUMNS = `a.id, a.at, a.action, a.event_id AS "eventId", a.event_type AS "eventType", a.family,
    a.reason, a.bytes IS NOT NULL AS "holdsBytes",
    EXISTS (SELECT 1 FROM event e WHERE e.event_id = a.event_id) AS "inJournal"`;

export const LIST = `SELECT ${COLUMNS} FROM audit a ORDER BY a.id DESC LIMIT @limit + 0`;

export const HELD = 'SELECT id, bytes, details FROM audit WHERE id = @id AND bytes IS NOT NULL';

export const ALL_HELD = 'SELECT id FROM audit WHERE bytes IS NOT NULL ORDER BY id';

export const OF_EVENT = `SELECT ${COLUMNS} FROM audit a WHERE a.event_id = @eventId ORDER BY a.id DESC`;
