import { Readable } from 'node:stream';
import { CAPTURE_DATA, type CaptureData, readData } from '../app/jobs/job-data.js';
import { RedrainError } from '../base/error.js';
import { EXIT, type ExitCode, worstOf } from '../base/exit-codes.js';
import { CAPTURE_GROUP } from '../journal/capture-groups.js';
import type { CaptureProblem, CaptureReport, CaptureSummary } from '../journal/capture-summary.js';
import { GroupCommit } from '../journal/group-commit.js';
import { findSources, type InputSourceError } from '../journal/input/sources.js';
import type { RunningJob } from '../queue/ports.js';
import { captureFile, captureNewLines } from './capture-file.js';
import { CaptureTask, type Group, InputIds } from './capture-task.js';
import { RefusedJobError, WarnedResult } from './job-outcome.js';
import { nudgeDispatch } from './nudge.js';
import type { Service } from './service.js';

/** Problems that the reason of a failed job names. */
const NAMED_IN_REASON = 3;

/** Captures what jobs bring. Jobs that run side by side share groups, and so their fsyncs. */
export class CaptureJobs {
  readonly #service: Service;
  readonly #groups = new Map<string, Group>();

  constructor(service: Service) {
    this.#service = service;
  }

  /**
   * One job, as often as it has to be run: an event is stored once, whether it
   * has an id of its own or not. Input that cannot be used fails the job, which
   * keeps it; what could be used is stored all the same.
   */
  async run(job: RunningJob): Promise<CaptureReport | WarnedResult> {
    const data = readData(CAPTURE_DATA, job.data);
    const task = new CaptureTask(this.#group(data), data.checkout ?? null);
    await task.addTexts(
      data.events,
      new InputIds(job.timestamp, `job ${job.queue} ${job.id} ${job.timestamp}`),
    );
    const { unfinished, missing } =
      data.files.length === 0 ? NO_FILES : await this.#addFiles(data.files, task, job);
    const result = await this.#end(job, task.summary, unfinished);
    // The others are stored, and another attempt stores none of them twice.
    if (missing !== undefined) throw missing;
    return result;
  }

  async #addFiles(files: string[], task: CaptureTask, job: RunningJob): Promise<FilesRead> {
    const { settings } = await this.#service.app.situation();
    const { maxEventBytes } = settings.capture;
    const { jobSchedulerId } = job;
    let unfinished = 0;
    const { sources, missing } = await findSources(files, NO_STDIN);
    for (const { name: path } of sources) {
      const file = { path, job, task, maxEventBytes };
      if (jobSchedulerId === null) await captureFile(file);
      else if (await captureNewLines(this.#service, jobSchedulerId, file)) unfinished += 1;
    }
    return { unfinished, missing: missing[0] };
  }

  async #end(
    job: RunningJob,
    { report, invalid }: CaptureSummary,
    unfinished: number,
  ): Promise<CaptureReport | WarnedResult> {
    const { metrics, log } = this.#service;
    const { errors, event_ids, more_errors, ...counts } = report;
    for (const [verdict, events] of Object.entries({ ...counts, invalid }))
      metrics.captured(verdict, events);
    log.info({ job: job.id, ...counts, invalid, unfinished }, 'captured');
    if (report.captured + report.spooled > 0) await nudgeDispatch(this.#service);
    if (report.lost > 0) throw new EventsLostError(lostMessage(report));
    if (invalid > 0)
      throw new RefusedJobError(refusedMessage(report, invalid), report, exitCode(report, invalid));
    return report.conflicts + report.refused > 0 ? warned(report) : report;
  }

  #group({ rules, auditDiscard }: CaptureData): Group {
    const key = JSON.stringify([rules, auditDiscard]);
    const given = Object.entries(rules).filter(([, value]) => value !== undefined);
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = new GroupCommit(
        (inputs) =>
          this.#service.app.captureGroup(inputs, Object.fromEntries(given), { auditDiscard }),
        CAPTURE_GROUP,
      );
      this.#groups.set(key, group);
    }
    return group;
  }
}

interface FilesRead {
  /** How many files end in the middle of a line. */
  readonly unfinished: number;
  /** The first that is not there. */
  readonly missing: InputSourceError | undefined;
}

const NO_FILES: FilesRead = { unfinished: 0, missing: undefined };

/** Neither journal nor spool took them; the job still has them, and is tried again. */
class EventsLostError extends RedrainError {
  override readonly name = 'EventsLostError';
  readonly code = 'EVENTS_LOST';
  override readonly exitCode = EXIT.lost;
}

function exitCode({ conflicts, refused }: CaptureReport, invalid: number): ExitCode {
  const codes: ExitCode[] = [];
  if (conflicts > 0) codes.push(EXIT.conflict);
  if (refused > 0) codes.push(EXIT.discardRefused);
  if (invalid > 0) codes.push(EXIT.badInput);
  return worstOf(codes);
}

function warned(report: CaptureReport): WarnedResult {
  const { conflicts, refused } = report;
  const parts: string[] = [];
  if (conflicts > 0) parts.push(`${conflicts} conflicts kept aside: \`redrain conflicts\``);
  if (refused > 0) parts.push(`${refused} events journaled because they may not be discarded`);
  const cause = conflicts > 0 ? 'conflicts' : 'discard_refused';
  return new WarnedResult(report, cause, parts.join(', '), exitCode(report, 0));
}

function refusedMessage({ captured, duplicates, spooled, errors }: CaptureReport, invalid: number) {
  const stored = captured + duplicates + spooled;
  const named = errors.slice(0, NAMED_IN_REASON).map(problemText);
  const more = errors.length > named.length ? ' …' : '';
  return `${invalid} of ${stored + invalid} inputs are no usable event (${stored} are stored): ${named.join('; ')}${more}`;
}

function problemText({ file, line, index, problem }: CaptureProblem): string {
  const place = file === undefined ? `event ${(index ?? 0) + 1}` : `${file}:${line}`;
  return `${place}: ${problem}`;
}

function lostMessage({ lost, errors }: CaptureReport): string {
  const ids = errors.flatMap(({ event_id, problem }) =>
    event_id !== undefined && problem.startsWith('LOST') ? [event_id] : [],
  );
  return `${lost} events could be stored neither in the journal nor in the spool: ${ids.join(', ')}; the job still has them and is tried again`;
}

/** No job reads standard input. */
const NO_STDIN = (): AsyncIterable<Buffer> => Readable.from([]);
