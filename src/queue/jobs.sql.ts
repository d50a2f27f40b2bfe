/** Every statement on jobs.db. `@queue` is in all of them: queues share one file. */

export const IS_PAUSED = 'SELECT paused FROM job_queue WHERE queue = ?';
export const SET_PAUSED = `
  INSERT INTO job_queue (queue, paused) VALUES (?, ?)
  ON CONFLICT (queue) DO UPDATE SET paused = excluded.paused`;
/** From now on the queue has a row, and so is listed though it holds nothing. */
export const NOTE_SERVED = `
  INSERT INTO job_queue (queue, served_at) VALUES (?, ?)
  ON CONFLICT (queue) DO UPDATE SET served_at = excluded.served_at`;
export const QUEUE_NAMES = `
  SELECT queue FROM job_queue UNION SELECT DISTINCT queue FROM job
  UNION SELECT queue FROM job_scheduler ORDER BY 1`;

const COLUMNS = `seq, queue, id, name, data, opts, state, priority, attempts_made AS attemptsMade,
  stalled_count AS stalledCounter, progress, returnvalue, failed_reason AS failedReason, warning,
  created_at AS timestamp, run_at AS runAt, processed_on AS processedOn,
  finished_on AS finishedOn, scheduler_id AS schedulerId`;
export const FIND_JOB = `SELECT ${COLUMNS} FROM job WHERE queue = ? AND id = ?`;
export const LIST_JOBS = `
  SELECT ${COLUMNS} FROM job WHERE queue = @queue
    AND state IN (SELECT value FROM json_each(@states))
  ORDER BY seq LIMIT @limit + 0 OFFSET @start`;
export const COUNT_JOBS = 'SELECT state, count(*) AS jobs FROM job WHERE queue = ? GROUP BY state';
export const WAITING_SINCE = `SELECT min(run_at) AS since FROM job WHERE queue = ? AND state = 'waiting'`;

export const INSERT_JOB = `
  INSERT INTO job (queue, id, name, data, opts, state, priority, created_at, run_at, set_at,
    scheduler_id)
  VALUES (@queue, @id, @name, @data, @opts, @state, @priority, @now, @runAt,
    iif(@state = 'delayed', @now, NULL), @schedulerId)
  ON CONFLICT (queue, id) DO NOTHING`;
export const NEXT_JOB_ID = `SELECT COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'job'), 0) + 1 AS next`;
export const DELETE_JOB = 'DELETE FROM job WHERE queue = ? AND id = ?';

/** liteque's side: a task while the job waits or runs. Its payload is in the job. */
export const PUT_TASK = `
  INSERT INTO tasks (queue, payload, createdAt, availableAt, status, allocationId, numRunsLeft,
    maxNumRuns, idempotencyKey, priority)
  VALUES (@queue, 'null', @now / 1000, @now, 'pending', '', 1, 1, @id, @priority)`;
export const DROP_TASK = 'DELETE FROM tasks WHERE queue = ? AND idempotencyKey = ?';
export const ANY_TASK = `
  SELECT 1 FROM tasks INDEXED BY ix_tasks_ready WHERE queue = ? AND status = 'pending' LIMIT 1`;
export const TAKE_TASK = `
  UPDATE tasks SET status = 'running', allocationId = @token, expireAt = @expireAt, numRunsLeft = 0
  WHERE id = (SELECT id FROM tasks INDEXED BY ix_tasks_ready
    WHERE queue = @queue AND status = 'pending' ORDER BY priority, id LIMIT 1)
  RETURNING *`;
export const EXTEND_TASK = 'UPDATE tasks SET expireAt = ? WHERE queue = ? AND idempotencyKey = ?';

export const ACTIVATE = `
  UPDATE job SET state = 'active', lock_token = @token, lock_until = @until, set_at = @now,
    processed_on = @now, finished_on = NULL WHERE queue = @queue AND id = @id`;
/** Everything a worker says of its job is guarded by its token: zero rows mean "no longer yours". */
export const RENEW = `
  UPDATE job SET lock_until = @until, set_at = @now
  WHERE queue = @queue AND id = @id AND state = 'active' AND lock_token = @token`;
export const PROGRESS = `
  UPDATE job SET progress = @progress
  WHERE queue = @queue AND id = @id AND state = 'active' AND lock_token = @token`;
export const COMPLETE = `
  UPDATE job SET state = 'completed', lock_token = NULL, lock_until = NULL, set_at = NULL,
    attempts_made = attempts_made + 1, returnvalue = @returnvalue, failed_reason = NULL,
    warning = @warning, finished_on = @now
  WHERE queue = @queue AND id = @id AND state = 'active' AND lock_token = @token`;
export const FAIL = `
  UPDATE job SET state = 'failed', lock_token = NULL, lock_until = NULL, set_at = NULL,
    attempts_made = attempts_made + 1, failed_reason = @reason, returnvalue = @returnvalue,
    kept = @kept, finished_on = @now
  WHERE queue = @queue AND id = @id AND state = 'active' AND lock_token = @token`;
export const PUT_BACK = `
  UPDATE job SET state = @state, lock_token = NULL, lock_until = NULL, run_at = @runAt,
    set_at = iif(@state = 'delayed', @now, NULL), attempts_made = attempts_made + @attempts, failed_reason = @reason
  WHERE queue = @queue AND id = @id AND state = 'active' AND lock_token = @token`;
export const RETRY = `
  UPDATE job SET state = 'waiting', attempts_made = 0, stalled_count = 0, failed_reason = NULL,
    returnvalue = NULL, warning = NULL, kept = 0, finished_on = NULL, run_at = @now
  WHERE queue = @queue AND id = @id`;

export const DUE_DELAYED = `
  SELECT id, priority FROM job
  WHERE queue = ? AND state = 'delayed' AND run_at <= ? ORDER BY run_at, seq LIMIT 100`;
export const PROMOTE = `
  UPDATE job SET state = 'waiting', set_at = NULL
  WHERE queue = ? AND id = ? AND state = 'delayed'`;

/** Waits and locks that a clock wrote which has been set back since begin again, as long as they were. */
export const RESTART_WAITS = `
  UPDATE job SET run_at = @now + max(0, run_at - set_at), set_at = @now
  WHERE queue = @queue AND set_at > @now AND state = 'delayed'`;
export const RESTART_LOCKS = `
  UPDATE job SET lock_until = @now + max(0, lock_until - set_at), set_at = @now
  WHERE queue = @queue AND set_at > @now AND state = 'active'`;
export const RESTART_DEDUP = `
  UPDATE job_dedup SET expires_at = @now + max(0, expires_at - set_at), set_at = @now
  WHERE queue = @queue AND dedup_id = @dedupId AND set_at > @now AND expires_at IS NOT NULL`;
/** Locks that ran out. Older versions wrote some that say nothing of their length. */
export const STALLED = `
  SELECT id, opts, priority, stalled_count AS stalledCounter, lock_token AS token FROM job
  WHERE queue = @queue AND state = 'active' AND (lock_until <= @now OR (set_at IS NULL AND lock_until > @latest))
  ORDER BY seq LIMIT 100`;
export const NOTE_STALLED =
  'UPDATE job SET stalled_count = stalled_count + 1 WHERE queue = ? AND id = ?';

/** When the queue needs attention next, whatever for. */
export const NEXT_DUE = `
  SELECT min(due) AS due FROM (
    SELECT min(run_at) AS due FROM job WHERE queue = @queue AND state = 'delayed'
    UNION ALL SELECT min(iif(lock_until > @latest, 0, lock_until)) FROM job
      WHERE queue = @queue AND state = 'active'
    UNION ALL SELECT min(next_at) FROM job_scheduler WHERE queue = @queue
    UNION ALL SELECT iif(max(set_at) > @now, 0, NULL) FROM job
      WHERE queue = @queue AND set_at IS NOT NULL
    UNION ALL SELECT iif(max(ifnull(set_at, next_at)) > @now, 0, NULL) FROM job_scheduler
      WHERE queue = @queue)`;

export const FIND_DEDUP = `
  SELECT job_id AS jobId FROM job_dedup
  WHERE queue = @queue AND dedup_id = @dedupId AND (expires_at IS NULL OR expires_at > @now)`;
export const PUT_DEDUP = `
  INSERT INTO job_dedup (queue, dedup_id, job_id, expires_at, set_at)
  VALUES (@queue, @dedupId, @id, @expiresAt, @now)
  ON CONFLICT (queue, dedup_id) DO UPDATE SET job_id = excluded.job_id,
    expires_at = excluded.expires_at, set_at = excluded.set_at`;
/** Ids with a time of their own outlive the job. */
export const FREE_DEDUP =
  'DELETE FROM job_dedup WHERE queue = ? AND job_id = ? AND expires_at IS NULL';
export const EXPIRE_DEDUP = 'DELETE FROM job_dedup WHERE queue = ? AND expires_at <= ?';

export const FIND_SCHEDULER = `
  SELECT id, queue, repeat, template, next_at AS next, iterations FROM job_scheduler
  WHERE queue = ? AND id = ?`;
/** A schedule adds no second job while its last one still waits. */
export const UNSTARTED_OF_SCHEDULER = `
  SELECT 1 FROM job WHERE queue = ? AND scheduler_id = ? AND state IN ('waiting', 'delayed') LIMIT 1`;
export const LIST_SCHEDULERS = `
  SELECT id, queue, repeat, template, next_at AS next, iterations FROM job_scheduler
  WHERE queue = ? ORDER BY id`;
export const DUE_SCHEDULERS = `
  SELECT id, queue, repeat, template, next_at AS next, iterations FROM job_scheduler
  WHERE queue = ? AND next_at <= ? ORDER BY next_at, id`;
/** Their next tick was computed by a clock that has been set back since, or nobody knows. */
export const DOUBTFUL_SCHEDULERS = `
  SELECT id, queue, repeat, template, next_at AS next, iterations FROM job_scheduler
  WHERE queue = @queue AND next_at IS NOT NULL AND (set_at IS NULL OR set_at > @now)`;
export const UPSERT_SCHEDULER = `
  INSERT INTO job_scheduler (queue, id, repeat, template, next_at, set_at)
  VALUES (@queue, @id, @repeat, @template, @next, @now)
  ON CONFLICT (queue, id) DO UPDATE SET template = excluded.template,
    next_at = CASE WHEN repeat = excluded.repeat THEN next_at ELSE excluded.next_at END,
    set_at = CASE WHEN repeat = excluded.repeat THEN set_at ELSE excluded.set_at END,
    repeat = excluded.repeat`;
/** Guarded by the tick it takes: of two processes one gets it. */
export const TAKE_TICK = `
  UPDATE job_scheduler SET next_at = @next, set_at = @now
  WHERE queue = @queue AND id = @id AND next_at = @tick`;
export const COUNT_TICK =
  'UPDATE job_scheduler SET iterations = iterations + 1 WHERE queue = ? AND id = ?';
export const MOVE_TICK =
  'UPDATE job_scheduler SET next_at = @next, set_at = @now WHERE queue = @queue AND id = @id';
export const DELETE_SCHEDULER = 'DELETE FROM job_scheduler WHERE queue = ? AND id = ?';

export const DROP_OLD = `
  DELETE FROM job WHERE seq IN (SELECT seq FROM job INDEXED BY ix_job_finished
    WHERE queue = ? AND state = ? AND finished_on < ? AND kept = 0 LIMIT 1000)`;
export const DROP_SURPLUS = `
  DELETE FROM job WHERE seq IN (SELECT seq FROM job INDEXED BY ix_job_finished
    WHERE queue = ? AND state = ? AND finished_on IS NOT NULL AND kept = 0
    ORDER BY finished_on DESC, seq DESC LIMIT 1000 OFFSET ?)`;

export const LOG_EVENT = 'INSERT INTO job_event (queue, event, job_id, detail) VALUES (?, ?, ?, ?)';
export const TRIM_EVENTS = 'DELETE FROM job_event WHERE id <= ?';
export const LAST_EVENT = `SELECT COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'job_event'), 0) AS id`;
export const EVENTS_SINCE = `
  SELECT id, queue, event, job_id AS jobId, detail FROM job_event WHERE id > ? ORDER BY id LIMIT 1000`;

export const OBLITERATE = [
  'DELETE FROM tasks WHERE queue = ?',
  'DELETE FROM job WHERE queue = ?',
  'DELETE FROM job_dedup WHERE queue = ?',
  'DELETE FROM job_scheduler WHERE queue = ?',
  'DELETE FROM job_queue WHERE queue = ?',
  'DELETE FROM job_event WHERE queue = ?',
] as const;

/** Job and task must agree: a job that waits has a pending task, one that runs a running one. */
const WITHOUT_TASK = `FROM job WHERE queue = @queue AND state = 'waiting' AND NOT EXISTS (
    SELECT 1 FROM tasks WHERE tasks.queue = job.queue AND idempotencyKey = job.id AND status = 'pending')`;
const WITHOUT_JOB = `FROM tasks WHERE queue = @queue AND NOT EXISTS (
    SELECT 1 FROM job WHERE job.queue = tasks.queue AND job.id = idempotencyKey
      AND job.state = iif(status = 'pending', 'waiting', 'active'))`;
const STRAY_DEDUP = `FROM job_dedup WHERE queue = @queue AND expires_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM job WHERE job.queue = job_dedup.queue AND job.id = job_id
      AND finished_on IS NULL)`;
export const COUNT_HALVES = `
  SELECT (SELECT count(*) ${WITHOUT_TASK}) AS withoutTask,
    (SELECT count(*) ${WITHOUT_JOB}) AS withoutJob,
    (SELECT count(*) ${STRAY_DEDUP}) AS strayDedup`;
export const WAITING_WITHOUT_TASK = `SELECT id, priority ${WITHOUT_TASK} ORDER BY seq`;
export const DROP_STRAY_TASKS = `DELETE ${WITHOUT_JOB}`;
export const DROP_STRAY_DEDUP = `DELETE ${STRAY_DEDUP}`;

export const ANNOUNCE_WORKER = `
  INSERT INTO job_worker (id, kind, host, pid, started_at, seen_at, queues, targets)
  VALUES (@id, @kind, @host, @pid, @startedAt, @seenAt, @queues, @targets)
  ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, queues = excluded.queues,
    targets = excluded.targets`;
export const FORGET_WORKER = 'DELETE FROM job_worker WHERE id = ?';
/** Long gone, or written by a clock that was ahead. */
export const FORGET_OLD_WORKERS = 'DELETE FROM job_worker WHERE abs(@now - seen_at) > @longest';
export const LIST_WORKERS = `
  SELECT id, kind, host, pid, started_at AS startedAt, seen_at AS seenAt, queues, targets
  FROM job_worker ORDER BY started_at, id`;

/** The newest of each; the text is what they are told apart by. */
export const FAILED_CAUSES = `
  SELECT substr(ifnull(failed_reason, ''), 1, 200) AS cause, count(*) AS jobs, max(finished_on) AS latest
  FROM job INDEXED BY ix_job_finished WHERE queue = ? AND state = 'failed' AND finished_on IS NOT NULL
  GROUP BY 1 ORDER BY latest DESC LIMIT ? + 0`;
export const WARNING_CAUSES = `
  SELECT iif(json_valid(warning), warning ->> 'cause', 'unreadable') AS cause, count(*) AS jobs,
    max(finished_on) AS latest, iif(json_valid(warning), warning ->> 'message', warning) AS message
  FROM job INDEXED BY ix_job_warning WHERE queue = ? AND warning IS NOT NULL
  GROUP BY 1 ORDER BY latest DESC LIMIT ? + 0`;

export const FIND_POSITION = `
  SELECT path, began_at AS beganAt, offset, line, digest, journal_seq AS journalSeq
  FROM capture_position WHERE scheduler_id = @schedulerId AND dev = @dev AND ino = @ino`;
export const PUT_POSITION = `
  INSERT INTO capture_position (scheduler_id, dev, ino, path, began_at, offset, line, digest,
    journal_seq, seen_at)
  VALUES (@schedulerId, @dev, @ino, @path, @beganAt, @offset, @line, @digest, @journalSeq, @now)
  ON CONFLICT (scheduler_id, dev, ino) DO UPDATE SET path = excluded.path,
    began_at = excluded.began_at, offset = excluded.offset, line = excluded.line,
    digest = excluded.digest, journal_seq = excluded.journal_seq, seen_at = excluded.seen_at`;
export const FORGET_POSITIONS = `
  DELETE FROM capture_position WHERE scheduler_id = @schedulerId AND seen_at < @before`;
export const FORGET_POSITIONS_OF = 'DELETE FROM capture_position WHERE scheduler_id = ?';

/** Reads and writes of every column of jobs.db that holds text of other people. */

export const JOBS = 'SELECT seq AS rowId FROM job ORDER BY seq';
/** A job that any worker ever took may have done a part of its work. */
export const READ_JOB = `
  SELECT queue, id, state, data, progress, returnvalue, failed_reason AS failedReason, warning,
    processed_on IS NOT NULL AS started FROM job WHERE seq = @rowId`;
export const WRITE_DATA = 'UPDATE job SET data = @text WHERE seq = @rowId';
export const WRITE_PROGRESS = 'UPDATE job SET progress = @text WHERE seq = @rowId';
export const WRITE_RETURNVALUE = 'UPDATE job SET returnvalue = @text WHERE seq = @rowId';
export const WRITE_FAILED_REASON = 'UPDATE job SET failed_reason = @text WHERE seq = @rowId';

export const WRITE_WARNING = 'UPDATE job SET warning = @text WHERE seq = @rowId';

export const SCHEDULERS = 'SELECT queue, id FROM job_scheduler ORDER BY queue, id';
export const READ_SCHEDULER = `
  SELECT queue, id, template, 0 AS started FROM job_scheduler WHERE queue = @queue AND id = @id`;
export const WRITE_TEMPLATE = `
  UPDATE job_scheduler SET template = @text WHERE queue = @queue AND id = @id`;

/** The ring of what happened has results and reasons of its own. */
export const EVENTS = 'SELECT id AS rowId FROM job_event WHERE detail IS NOT NULL ORDER BY id';
export const READ_EVENT = `
  SELECT queue, job_id AS id, detail AS event, 1 AS started FROM job_event WHERE id = @rowId`;
export const WRITE_EVENT = 'UPDATE job_event SET detail = @text WHERE id = @rowId';
