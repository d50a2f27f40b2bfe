import { turn } from '../base/pace.js';
import { JOB_STATES } from '../queue/job.js';
import { parsed, toJson } from '../queue/job-row.js';
import type { StoredText, TextEdit } from '../queue/ports.js';
import type { EventDetail, JobField, ListedJob } from './engine.js';
import { ownOptions } from './job-mapping.js';
import { fromBull } from './names.js';
import type { QueueContext } from './queue-context.js';
import { scheduleOf, warningOf } from './records.js';

const FIELDS: readonly (readonly [JobField, StoredText['kind']])[] = [
  ['data', 'data'],
  ['progress', 'progress'],
  ['returnvalue', 'returnvalue'],
  ['stacktrace', 'returnvalue'],
  ['failedReason', 'failedReason'],
];

/** What BullMQ stores where there is nothing. */
const NOTHING: Partial<Record<JobField, string>> = { stacktrace: '[]', progress: '0' };

/**
 * Goes through every text that is kept of one queue, and stores what `edit`
 * returns instead. An event whose text changes is deleted: a stream is not
 * written twice. Returns how many changed.
 */
export async function editQueueTexts(at: QueueContext, edit: TextEdit): Promise<number> {
  let changed = 0;
  const { rows } = at.around.engine;
  for (const job of await rows.list(at.bull, JOB_STATES, Number.MAX_SAFE_INTEGER)) {
    changed += await editJob(at, job, edit);
    await turn();
  }
  changed += await editRecords(at, scheduleOf(at.name), 'template', edit);
  changed += await editRecords(at, warningOf(at.name), 'warning', edit);
  for (const event of await rows.details(at.bull)) changed += await editEvent(at, event, edit);
  return changed;
}

async function editJob(
  at: QueueContext,
  { id, state }: ListedJob,
  edit: TextEdit,
): Promise<number> {
  const { rows } = at.around.engine;
  const texts = await rows.read(at.bull, id);
  const job = await at.queue.getJob(id);
  if (texts === undefined || job === undefined) return 0;
  const about = { queue: at.name, id: fromBull(id), state, started: texts.started };
  let changed = 0;
  for (const [field, kind] of FIELDS) {
    const text = texts[field];
    if (text === null || NOTHING[field] === text) continue;
    const isNull = field === 'data' && ownOptions(job.opts).isNull === true;
    const value = isNull ? null : read(field, text);
    const instead = edit({ ...about, kind, value });
    if (instead === value) continue;
    const stored = field === 'failedReason' ? String(instead) : toJson(instead);
    await rows.write(at.bull, id, field, stored);
    changed += 1;
  }
  return changed;
}

/** The reason alone is no JSON. */
const read = (field: JobField, text: string): unknown =>
  field === 'failedReason' ? text : parsed(text);

/** Of a schedule the template alone is anybody's text. */
async function editRecords(
  at: QueueContext,
  kind: string,
  text: 'template' | 'warning',
  edit: TextEdit,
): Promise<number> {
  const { records } = at.around.engine;
  let changed = 0;
  for (const [id, stored] of await records.list(kind)) {
    const all = parsed(stored) as Record<string, unknown>;
    const value = text === 'template' ? all.template : all;
    const about = { queue: at.name, id, state: '', started: false, kind: text };
    const instead = edit({ ...about, value });
    if (instead === value) continue;
    const written = text === 'template' ? { ...all, template: instead } : instead;
    if (await records.replace(kind, id, stored, toJson(written))) changed += 1;
  }
  return changed;
}

async function editEvent(
  at: QueueContext,
  { id, jobId, text }: EventDetail,
  edit: TextEdit,
): Promise<number> {
  const value = parsed(text);
  const about = { queue: at.name, id: fromBull(jobId), state: '', started: true };
  if (edit({ ...about, kind: 'event', value }) === value) return 0;
  await at.around.engine.rows.forgetEvent(at.bull, id);
  return 1;
}
