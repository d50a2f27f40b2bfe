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
