/**
 * Filing: an event gets its row in `live` and its place in `journal_count`.
 * Both would cost a single capture two pages of its own, so that up to
 * `FILE_AFTER` - 1 of the newest events wait and are filed together. Whatever
 * writes anything but captures files them first.
 */

/** Multiples of this number end a stretch of events that are filed together. */
export const FILE_AFTER = 128;

const IS_RECENT = 'seq > (SELECT seq FROM filed)';

/** The first event that is not filed, less one; null for the head where there is none. */
export const FILED_TO = `
  SELECT f.seq AS filed, (SELECT MAX(seq) FROM event) AS head FROM filed f`;

/** In the order of the table, which is three quarters of the work. */
export const FILE_LIVE = `
  INSERT INTO live (origin_id, seq)
  SELECT origin_id, seq FROM event WHERE ${IS_RECENT} ORDER BY 1, 2`;

export const FILE_COUNTS = `
  INSERT INTO journal_count (origin_id, class, events, retained, bytes)
  SELECT origin_id, 'live', COUNT(*), COUNT(*), SUM(size) FROM event WHERE ${IS_RECENT} GROUP BY 1
  ON CONFLICT (origin_id, class) DO UPDATE SET
    events = events + excluded.events,
    retained = retained + excluded.retained,
    bytes = bytes + excluded.bytes`;

export const NOTE_FILED = 'UPDATE filed SET seq = ?';

/** What is not filed, in a statement that begins with this: at most `FILE_AFTER` - 1 events. */
export const WITH_RECENT = `
  WITH recent (origin_id, seq, size) AS MATERIALIZED (
    SELECT origin_id, seq, size FROM event WHERE ${IS_RECENT})`;

/** How many events of origin `o` are live, filed or not. */
export const LIVE_OF_ORIGIN = `(
    COALESCE((SELECT events FROM journal_count j WHERE j.origin_id = o.id AND j.class = 'live'), 0)
    + (SELECT COUNT(*) FROM recent r WHERE r.origin_id = o.id))`;

/** How many events of origin `o` before one are live and not filed. */
export const recentBefore = (seq: string): string =>
  `(SELECT COUNT(*) FROM recent r WHERE r.origin_id = o.id AND r.seq < ${seq})`;

/** The first event of origin `o` between two that is not filed; all of these come after those that are. */
export const firstRecent = (from: string, to: string): string =>
  `(SELECT MIN(r.seq) FROM recent r WHERE r.origin_id = o.id AND r.seq BETWEEN ${from} AND ${to})`;

/** True of an event `e` that is not filed: it is live. */
export const IS_NOT_FILED = `e.${IS_RECENT}`;
