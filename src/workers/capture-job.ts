import { Readable } from 'node:stream';
import { CAPTURE_DATA, type CaptureData, readData } from '../app/jobs/job-data.js';
import type { CaptureInput, CaptureVerdict } from '../journal/capture.js';
import { type CaptureReport, CaptureSummary, type InputPlace } from '../journal/capture-summary.js';
import { GroupCommit } from '../journal/group-commit.js';
import type { Candidate } from '../journal/input/candidate.js';
import { readEvents } from '../journal/input/read-events.js';
import { openSources } from '../journal/input/sources.js';
import type { RunningJob } from '../queue/ports.js';
import { nudgeDispatch } from './nudge.js';
import type { Service } from './service.js';

/** Most events of one group: one transaction, one fsync. */
const GROUP_EVENTS = 1_000;
/** Problems that a job's result names; the rest is in the counts. */
const NAMED_PROBLEMS = 100;

type Group = GroupCommit<CaptureInput, CaptureVerdict>;

/** Captures what jobs bring. Jobs that run side by side share groups, and so their fsyncs. */
export class CaptureJobs {
  readonly #service: Service;
  readonly #groups = new Map<string, Group>();

  constructor(service: Service) {
    this.#service = service;
  }

  /**
   * One job. An event with an id of its own is stored once however often the
   * job is run; one without gets a new id each time.
   */
  async run(job: RunningJob): Promise<CaptureReport> {
    const data = readData(CAPTURE_DATA, job.data);
    const task = new CaptureTask(this.#group(data), data.checkout ?? null);
    await task.addTexts(data.events);
    if (data.files.length > 0) await this.#addFiles(data.files, task, job.signal);
    return this.#end(job, task.summary);
  }

  async #addFiles(files: string[], task: CaptureTask, signal: AbortSignal): Promise<void> {
    const { settings } = await this.#service.app.situation();
    const { maxEventBytes } = settings.capture;
    for (const source of await openSources(files, NO_STDIN))
      for await (const batch of readEvents(source.open(), source.name, { maxEventBytes })) {
        await task.addCandidates(batch, source.name);
        signal.throwIfAborted();
      }
  }

  async #end(job: RunningJob, { report, invalid }: CaptureSummary): Promise<CaptureReport> {
    const { metrics, log, queues } = this.#service;
    const { errors, event_ids, ...counts } = report;
    for (const [verdict, events] of Object.entries(counts)) metrics.captured(verdict, events);
    log.info({ job: job.id, ...counts, invalid }, 'captured');
    if (report.captured + report.spooled > 0) await nudgeDispatch(queues);
    if (report.lost > 0) throw new Error(lostMessage(report));
    return { ...report, errors: errors.slice(0, NAMED_PROBLEMS) };
  }

  #group({ rules, auditDiscard }: CaptureData): Group {
    const key = JSON.stringify([rules, auditDiscard]);
    const given = Object.entries(rules).filter(([, value]) => value !== undefined);
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = new GroupCommit(
        (inputs) =>
          this.#service.app.captureGroup(inputs, Object.fromEntries(given), { auditDiscard }),
        GROUP_EVENTS,
      );
      this.#groups.set(key, group);
    }
    return group;
  }
}

/** The events of one job on their way through a group that others share. */
class CaptureTask {
  readonly summary = new CaptureSummary();
  readonly #group: Group;
  readonly #checkout: string | null;

  constructor(group: Group, checkout: string | null) {
    this.#group = group;
    this.#checkout = checkout;
  }

  async addTexts(texts: readonly string[]): Promise<void> {
    for (let at = 0; at < texts.length; at += GROUP_EVENTS) {
      const page = texts.slice(at, at + GROUP_EVENTS);
      await this.#addAll(page.map((text, i) => [Buffer.from(text), { index: at + i }]));
    }
  }

  async addCandidates(batch: readonly Candidate[], file: string): Promise<void> {
    const events: [Buffer, InputPlace][] = [];
    for (const one of batch) {
      const place = { file, line: one.line };
      if (one.kind === 'event') events.push([one.bytes, place]);
      else this.summary.addProblem(one.problem, place);
    }
    await this.#addAll(events);
  }

  async #addAll(events: readonly [Buffer, InputPlace][]): Promise<void> {
    const verdicts = await Promise.all(
      events.map(([bytes]) => this.#group.add({ bytes, checkout: this.#checkout })),
    );
    for (const [i, verdict] of verdicts.entries()) this.summary.add(verdict, events[i]?.[1] ?? {});
  }
}

function lostMessage({ lost, errors }: CaptureReport): string {
  const ids = errors.flatMap(({ event_id, problem }) =>
    event_id !== undefined && problem.startsWith('LOST') ? [event_id] : [],
  );
  return `${lost} events could be stored neither in the journal nor in the spool: ${ids.join(', ')}; the job still has them and is tried again`;
}

/** No job reads standard input. */
const NO_STDIN: AsyncIterable<Buffer> = Readable.from([]);
