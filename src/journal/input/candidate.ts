import { mayBeWrapped } from '../wrapped-event.js';
import { tooLargeProblem } from './problems.js';

/**
 * What an input holds, before anyone has looked inside: the exact bytes of one
 * event, or a line that cannot be one. `line` is 1-based, where it starts.
 */
export type Candidate =
  | { readonly kind: 'event'; readonly bytes: Buffer; readonly line: number }
  | { readonly kind: 'problem'; readonly line: number; readonly problem: string };

/** Collects candidates in input order until they are taken. What is larger than `maxEventBytes` is none. */
export class CandidateBatch {
  private readonly maxEventBytes: number;
  private candidates: Candidate[] = [];
  private bytes = 0;

  constructor(maxEventBytes: number) {
    this.maxEventBytes = maxEventBytes;
  }

  /** Events waiting to be taken. */
  get size(): number {
    return this.candidates.length;
  }

  /** Their bytes. */
  get byteLength(): number {
    return this.bytes;
  }

  /** A line of an export is larger than the event it wraps, whose size counts. */
  addEvent(bytes: Buffer, line: number): void {
    if (bytes.length > this.maxEventBytes && !mayBeWrapped(bytes)) {
      this.addTooLarge(line, bytes.length);
      return;
    }
    this.candidates.push({ kind: 'event', bytes, line });
    this.bytes += bytes.length;
  }

  addProblem(line: number, problem: string): void {
    this.candidates.push({ kind: 'problem', line, problem });
  }

  addTooLarge(line: number, size: number): void {
    this.addProblem(line, tooLargeProblem(size, this.maxEventBytes));
  }

  take(): Candidate[] {
    const taken = this.candidates;
    this.candidates = [];
    this.bytes = 0;
    return taken;
  }
}
