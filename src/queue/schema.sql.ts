/**
 * What liteque lacks, beside its own `tasks` in the same file. A task is there
 * only while its job waits or runs; every job has a row in `job`.
 */
const FIRST = `
  -- The statement that takes a job searches this alone: liteque's own indexes make it read the backlog.
  CREATE INDEX ix_tasks_ready ON tasks (queue, priority, id) WHERE status = 'pending';

  CREATE TABLE job (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    queue TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    data TEXT NOT NULL,
    opts TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'active', 'delayed', 'completed', 'failed')),
    priority INTEGER NOT NULL,
    attempts_made INTEGER NOT NULL DEFAULT 0,
    stalled_count INTEGER NOT NULL DEFAULT 0,
    progress TEXT,
    returnvalue TEXT,
    failed_reason TEXT,
    created_at INTEGER NOT NULL,
    -- since when it can run, or when a delayed one can
    run_at INTEGER NOT NULL,
    processed_on INTEGER,
    finished_on INTEGER,
    lock_token TEXT,
    lock_until INTEGER,
    scheduler_id TEXT,
    CHECK ((state = 'active') = (lock_token IS NOT NULL)),
    CHECK ((state IN ('completed', 'failed')) = (finished_on IS NOT NULL)),
    UNIQUE (queue, id)
  );
  CREATE INDEX ix_job_state ON job (queue, state, seq);
  CREATE INDEX ix_job_delayed ON job (queue, run_at) WHERE state = 'delayed';
  CREATE INDEX ix_job_waiting ON job (queue, run_at) WHERE state = 'waiting';
  CREATE INDEX ix_job_active ON job (queue, lock_until) WHERE state = 'active';
  CREATE INDEX ix_job_finished ON job (queue, state, finished_on) WHERE finished_on IS NOT NULL;

  CREATE TABLE job_dedup (
    queue TEXT NOT NULL,
    dedup_id TEXT NOT NULL,
    job_id TEXT NOT NULL,
    expires_at INTEGER,
    PRIMARY KEY (queue, dedup_id)
  ) WITHOUT ROWID;
  CREATE INDEX ix_job_dedup_job ON job_dedup (queue, job_id);

  CREATE TABLE job_scheduler (
    queue TEXT NOT NULL,
    id TEXT NOT NULL,
    repeat TEXT NOT NULL,
    template TEXT NOT NULL,
    next_at INTEGER,
    iterations INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (queue, id)
  ) WITHOUT ROWID;

  CREATE TABLE job_queue (
    queue TEXT PRIMARY KEY,
    paused INTEGER NOT NULL DEFAULT 0,
    -- when a worker last began to serve it
    served_at INTEGER
  ) WITHOUT ROWID;

  -- A ring: what happened, for listeners in other processes.
  CREATE TABLE job_event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    queue TEXT NOT NULL,
    event TEXT NOT NULL,
    job_id TEXT NOT NULL,
    detail TEXT
  );

  PRAGMA user_version = 1;
`;

/**
 * Waits that know their length, warnings, workers at work, and where reading
 * files ended. `set_at` is the clock at which a stored time was computed: one
 * that lies ahead was written by a clock that has been set back since, and the
 * wait begins again, as long as it was.
 */
const SECOND = `
  ALTER TABLE job ADD COLUMN set_at INTEGER;
  UPDATE job SET set_at = created_at WHERE state = 'delayed';
  CREATE INDEX ix_job_set_at ON job (queue, set_at) WHERE set_at IS NOT NULL;
  -- JSON {cause, message}: done, but not all that it carried could be used
  ALTER TABLE job ADD COLUMN warning TEXT;
  CREATE INDEX ix_job_warning ON job (queue, finished_on) WHERE warning IS NOT NULL;
  -- only an operator removes it
  ALTER TABLE job ADD COLUMN kept INTEGER NOT NULL DEFAULT 0;
  UPDATE job SET kept = 1 WHERE queue = 'capture' AND state = 'failed';
  CREATE INDEX ix_job_unstarted ON job (queue, scheduler_id)
    WHERE scheduler_id IS NOT NULL AND state IN ('waiting', 'delayed');
  ALTER TABLE job_dedup ADD COLUMN set_at INTEGER;
  ALTER TABLE job_scheduler ADD COLUMN set_at INTEGER;

  CREATE TABLE job_worker (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    -- JSON arrays
    queues TEXT NOT NULL,
    targets TEXT NOT NULL
  ) WITHOUT ROWID;

  -- Up to where a schedule has read a file. The digests tell a file that goes on from one that is new.
  CREATE TABLE capture_position (
    scheduler_id TEXT NOT NULL,
    dev TEXT NOT NULL,
    ino TEXT NOT NULL,
    path TEXT NOT NULL,
    began_at INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    line INTEGER NOT NULL,
    digest TEXT NOT NULL,
    journal_seq INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (scheduler_id, dev, ino)
  ) WITHOUT ROWID;

  PRAGMA user_version = 2;
`;

/** One for each version, in order; the last one's number is in `user_version`. */
export const JOBS_SCHEMAS = [FIRST, SECOND] as const;
export const JOBS_SCHEMA_VERSION = JOBS_SCHEMAS.length;
