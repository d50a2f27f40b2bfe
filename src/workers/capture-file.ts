import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Candidate } from '../journal/input/candidate.js';
import { readEvents } from '../journal/input/read-events.js';
import type { RunningJob } from '../queue/ports.js';
import { type CaptureTask, InputIds } from './capture-task.js';
import { digestUpTo, fileNow, whereToRead } from './file-position.js';
import { LINES_KNOWN, LineCounter } from './line-counter.js';
import type { Service } from './service.js';

const CHUNK_BYTES = 256 * 1024;

/** One file of one job. */
export interface FileOfJob {
  readonly path: string;
  readonly job: RunningJob;
  readonly task: CaptureTask;
  readonly maxEventBytes: number;
}

/** Reads a whole file. An event without an id has the same one whenever this job is run. */
export async function captureFile({ path, job, task, maxEventBytes }: FileOfJob): Promise<void> {
  const ids = new InputIds(job.timestamp, `job ${job.queue} ${job.id} ${path}`);
  const counter = new LineCounter();
  const source = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  for await (const batch of readEvents(counter.count(source), path, { maxEventBytes })) {
    if (counter.failure !== undefined) throw counter.failure;
    await task.addCandidates(batch, path, 0, ids);
    job.signal.throwIfAborted();
  }
}

/**
 * Reads what a schedule has not read yet. Where it ended is stored after the
 * events are, so that a cut off run reads them again, and gives those without
 * an id the same one again. A last line that is not finished is left to the
 * next run: true when there is one.
 */
export async function captureNewLines(
  { queues, app }: Service,
  schedulerId: string,
  { path, job, task, maxEventBytes }: FileOfJob,
): Promise<boolean> {
  const file = await open(path);
  try {
    const now = await fileNow(file);
    const known = await queues.positions.find(schedulerId, now.key);
    const head = async () => (await app.stores()).journal.head();
    const journalSeq = await head().catch(() => Number.MAX_SAFE_INTEGER);
    const where = await whereToRead(file, now, known, journalSeq);
    const beganAt = where === 'whole' || known === undefined ? app.now() : known.beganAt;
    const from = await startOf(job, path, beganAt, where === 'on' ? known : undefined);
    const began = { path, beganAt, digest: await digestUpTo(file, from.offset), journalSeq: 0 };
    await queues.positions.put(schedulerId, now.key, { ...began, ...from });
    const ids = new InputIds(beganAt, `file ${schedulerId} ${now.key.dev} ${now.key.ino}`);
    const source = file.createReadStream({
      start: from.offset,
      highWaterMark: CHUNK_BYTES,
      autoClose: false,
    });
    const counter = new LineCounter();
    const events = readEvents(counter.count(source), path, { maxEventBytes });
    const end = await addAll(events, counter, { path, job, task, from, ids, ...now });
    if (task.summary.report.lost > 0) return false;
    const digest = await digestUpTo(file, end.offset);
    const { offset, line } = end;
    await queues.positions.put(schedulerId, now.key, {
      ...began,
      digest,
      offset,
      line,
      journalSeq: await head().catch(() => 0),
    });
    return end.isUnfinished;
  } finally {
    await file.close();
  }
}

interface Start {
  readonly offset: number;
  readonly line: number;
}

/** A job that is run again, by a retry or after a crash, begins where it began. */
async function startOf(
  job: RunningJob,
  path: string,
  beganAt: number,
  known: Start | undefined,
): Promise<Start> {
  const { offset, line } = known ?? { offset: 0, line: 0 };
  const all = (job.progress ?? {}) as { from?: Record<string, Start & { beganAt: number }> };
  const first = all.from?.[path];
  if (first?.beganAt === beganAt && first.offset <= offset)
    return { offset: first.offset, line: first.line };
  const from = { ...all.from, [path]: { offset, line, beganAt } };
  await job.updateProgress({ ...all, from });
  return { offset, line };
}

interface Reading {
  readonly path: string;
  readonly job: RunningJob;
  readonly task: CaptureTask;
  readonly from: Start;
  readonly ids: InputIds;
  readonly isPlain: boolean;
  readonly canGoOn: boolean;
}

/** What may be the beginning of an event is held back until the end is known. */
async function addAll(
  events: AsyncIterable<Candidate[]>,
  counter: LineCounter,
  { path, job, task, from, ids, isPlain, canGoOn }: Reading,
): Promise<Start & { readonly isUnfinished: boolean }> {
  let held: Candidate[] = [];
  const add = (batch: Candidate[]) => task.addCandidates(batch, path, from.line, ids);
  for await (const batch of events) {
    if (counter.failure !== undefined) throw counter.failure;
    const all = [...held, ...batch];
    held = all.splice(all.length - heldBack(all));
    await add(all);
    job.signal.throwIfAborted();
  }
  const [first] = held;
  if (first !== undefined && isPlain && counter.endsInLine && isHalf(first)) {
    const start = canGoOn ? counter.startOf(first.line) : undefined;
    if (start === undefined) return { ...from, isUnfinished: true };
    return { offset: from.offset + start, line: from.line + first.line - 1, isUnfinished: true };
  }
  await add(held);
  const [offset, line] = [from.offset + counter.bytes, from.line + counter.lines];
  return { offset, line, isUnfinished: false };
}

/** How many at the end: the last event, or the lines after it, which may be one that is not whole. */
function heldBack(all: readonly Candidate[]): number {
  const after = all.length - 1 - all.findLastIndex(({ kind }) => kind === 'event');
  return Math.max(Math.min(1, all.length), Math.min(after, LINES_KNOWN - 1));
}

/** Whether this is not JSON as it stands. */
function isHalf(one: Candidate): boolean {
  if (one.kind === 'problem') return true;
  try {
    JSON.parse(one.bytes.toString());
    return false;
  } catch {
    return true;
  }
}
