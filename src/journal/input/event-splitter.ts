import { type Candidate, CandidateBatch } from './candidate.js';
import { HeadStage } from './head-stage.js';
import type { Stage } from './stage.js';

/** Cuts one input into candidate events as its bytes arrive, with flat memory. */
export class EventSplitter {
  private readonly out: CandidateBatch;
  private stage: Stage;

  /** `room`: the longest line that is held, where one may wrap an event of `maxEventBytes`. */
  constructor(maxEventBytes: number, room = maxEventBytes) {
    this.out = new CandidateBatch(maxEventBytes);
    this.stage = new HeadStage({ out: this.out, maxEventBytes: room });
  }

  /** Candidates ready to be taken. */
  get ready(): number {
    return this.out.size;
  }

  /** Bytes of the events ready to be taken. */
  get readyBytes(): number {
    return this.out.byteLength;
  }

  /** Bytes held of what is not complete yet. */
  get buffered(): number {
    return this.stage.buffered;
  }

  /** The line (1-based) that reading has come to. */
  get line(): number {
    return this.stage.line;
  }

  /** Candidates may be slices of `bytes`: the caller must not write to them afterwards. */
  push(bytes: Buffer): void {
    let handover = this.stage.push(bytes);
    while (handover !== undefined) {
      this.stage = handover.next;
      handover = this.stage.push(handover.rest);
    }
  }

  /** The input is over: what is still held becomes candidates or problems. */
  end(): void {
    for (let handover = this.stage.end(); handover !== undefined; handover = this.stage.end()) {
      this.stage = handover.next;
      this.push(handover.rest);
    }
  }

  take(): Candidate[] {
    return this.out.take();
  }
}
