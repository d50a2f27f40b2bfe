import type { CaptureVerdict } from './capture.js';

/** Where an input came from, for messages. */
export interface InputPlace {
  /** File name, or `-` for standard input. */
  readonly file?: string;
  readonly line?: number;
  /** Position in the list given to the library. */
  readonly index?: number;
}

export interface CaptureProblem extends InputPlace {
  readonly problem: string;
  readonly event_id?: string;
}

/** The document of `redrain capture --json`. */
export interface CaptureReport {
  captured: number;
  duplicates: number;
  conflicts: number;
  refused: number;
  discarded: number;
  audited: number;
  spooled: number;
  lost: number;
  /** Ids made for events whose producer gave none, in input order. */
  event_ids: string[];
  errors: CaptureProblem[];
  /** How many problems are counted and not named, by file; absent when all are named. */
  more_errors?: Record<string, number>;
}

/**
 * Adds up what became of many inputs. Names at most so many problems of one
 * file, for a file of another kind has one on every line; lost events are named
 * without exception.
 */
export class CaptureSummary {
  readonly report: CaptureReport = {
    captured: 0,
    duplicates: 0,
    conflicts: 0,
    refused: 0,
    discarded: 0,
    audited: 0,
    spooled: 0,
    lost: 0,
    event_ids: [],
    errors: [],
  };
  /** Inputs that were no usable event. */
  invalid = 0;
  /** Files that could not be found or read. */
  missing = 0;
  /** Of those that `OPT_OUT` may not discard, how many wait in the spool. */
  refusedInSpool = 0;
  readonly #most: number;
  readonly #named = new Map<string, number>();

  constructor(mostOfOneFile = Number.POSITIVE_INFINITY) {
    this.#most = mostOfOneFile;
  }

  add(verdict: CaptureVerdict, place: InputPlace): void {
    if (verdict.kind === 'invalid') {
      this.addProblem(verdict.problem, place);
      return;
    }
    if (verdict.kind === 'discarded') {
      this.report.discarded += 1;
      return;
    }
    if (isRefusal(verdict) && verdict.kind === 'spooled') this.refusedInSpool += 1;
    this.report[isRefusal(verdict) ? 'refused' : COUNTED_AS[verdict.kind]] += 1;
    if (verdict.generated && verdict.kind !== 'lost') this.report.event_ids.push(verdict.eventId);
    const problem = problemOf(verdict);
    if (problem === undefined) return;
    const named = { ...place, event_id: verdict.eventId, problem };
    if (verdict.kind === 'lost') this.report.errors.push(named);
    else this.#name(named);
  }

  addProblem(problem: string, place: InputPlace): void {
    this.invalid += 1;
    this.#name({ ...place, problem });
  }

  /** `file` is what was typed. */
  addMissing(file: string, problem: string): void {
    this.missing += 1;
    this.#name({ file, problem });
  }

  #name(problem: CaptureProblem): void {
    const { report } = this;
    const file = problem.file ?? '';
    const named = this.#named.get(file) ?? 0;
    this.#named.set(file, named + 1);
    if (named < this.#most) report.errors.push(problem);
    else {
      report.more_errors ??= {};
      report.more_errors[file] = (report.more_errors[file] ?? 0) + 1;
    }
  }
}

const COUNTED_AS = {
  captured: 'captured',
  duplicate: 'duplicates',
  conflict: 'conflicts',
  spooled: 'spooled',
  audited: 'audited',
  lost: 'lost',
} as const satisfies Record<Kept['kind'], keyof CaptureReport>;

type Kept = Exclude<CaptureVerdict, { kind: 'invalid' | 'discarded' }>;

/** Of an event that `OPT_OUT` may not discard. */
const WHERE_IT_IS: Readonly<Record<string, string>> = {
  captured: 'it is journaled, and the audit log says why',
  duplicate: 'it was in the journal already, and the audit log says why',
  spooled:
    'it is in the spool, as the journal cannot be written; the journal takes it in later, with an entry in the audit log',
};

/** A conflict outranks the refusal: the operator has to decide about it. */
function isRefusal(verdict: Kept): boolean {
  return verdict.kind !== 'lost' && verdict.kind !== 'conflict' && verdict.refused;
}

function problemOf(verdict: Kept): string | undefined {
  if (isRefusal(verdict)) return `it may not be discarded: ${WHERE_IT_IS[verdict.kind]}`;
  switch (verdict.kind) {
    case 'lost':
      return `LOST: ${verdict.reason}`;
    case 'conflict':
      return 'another content for this event_id is in the journal: both are kept until one is chosen';
    case 'captured':
    case 'duplicate':
    case 'spooled':
    case 'audited':
      return undefined;
  }
}
