/**
 * What an input holds, before anyone has looked inside: the exact bytes of one
 * event, or a line that cannot be one. `line` is 1-based, where it starts.
 */
export type Candidate =
  | { readonly kind: 'event'; readonly bytes: Buffer; readonly line: number }
  | { readonly kind: 'problem'; readonly line: number; readonly problem: string };

/** Collects candidates in input order until they are taken. */
export class CandidateBatch {
  private candidates: Candidate[] = [];
  private bytes = 0;

  /** Events waiting to be taken. */
  get size(): number {
    return this.candidates.length;
  }

  /** Their bytes. */
  get byteLength(): number {
    return this.bytes;
  }

  addEvent(bytes: Buffer, line: number): void {
    this.candidates.push({ kind: 'event', bytes, line });
    this.bytes += bytes.length;
  }

  addProblem(line: number, problem: string): void {
    this.candidates.push({ kind: 'problem', line, problem });
  }

  take(): Candidate[] {
    const taken = this.candidates;
    this.candidates = [];
    this.bytes = 0;
    return taken;
  }
}
