import { createHash } from 'node:crypto';
import type { CaptureInput, CaptureVerdict } from '../journal/capture.js';
import { CaptureSummary, type InputPlace } from '../journal/capture-summary.js';
import { derivedEventId } from '../journal/event-id.js';
import type { GroupCommit } from '../journal/group-commit.js';
import type { Candidate } from '../journal/input/candidate.js';

/** Events of a job that are handed on together. */
const GROUP_EVENTS = 1_000;
/** Problems of one file, or of the events of a job, that its result names; the rest is counted. */
const MOST_NAMED = 100;

export type Group = GroupCommit<CaptureInput, CaptureVerdict>;

/**
 * Names the events of one source that have no id: the same input has the same
 * ids, however often it is read, and equal events in two places have two.
 */
export class InputIds {
  readonly #time: number;
  readonly #name: string;
  #line = 0;
  #nth = 0;

  constructor(time: number, name: string) {
    this.#time = time;
    this.#name = name;
  }

  /** How to make the id of the next event, which begins on this line. */
  next(bytes: Buffer, line: number): () => string {
    this.#nth = line === this.#line ? this.#nth + 1 : 0;
    this.#line = line;
    const place = `${this.#name}\0${line}.${this.#nth}\0`;
    return () =>
      derivedEventId(this.#time, createHash('sha256').update(place).update(bytes).digest());
  }
}

/** The events of one job on their way through a group that others share. */
export class CaptureTask {
  readonly summary = new CaptureSummary(MOST_NAMED);
  readonly #group: Group;
  readonly #checkout: string | null;

  constructor(group: Group, checkout: string | null) {
    this.#group = group;
    this.#checkout = checkout;
  }

  async addTexts(texts: readonly string[], ids: InputIds): Promise<void> {
    for (let at = 0; at < texts.length; at += GROUP_EVENTS) {
      const page = texts.slice(at, at + GROUP_EVENTS);
      const inputs = page.map((text, i) => this.#input(Buffer.from(text), ids, at + i));
      await this.#addAll(inputs, (i) => ({ index: at + i }));
    }
  }

  /** `firstLine`: lines of the file before those that are read. */
  async addCandidates(
    batch: readonly Candidate[],
    file: string,
    firstLine: number,
    ids: InputIds,
  ): Promise<void> {
    const places: InputPlace[] = [];
    const inputs: CaptureInput[] = [];
    for (const one of batch) {
      const place = { file, line: firstLine + one.line };
      if (one.kind === 'problem') this.summary.addProblem(one.problem, place);
      else {
        places.push(place);
        inputs.push(this.#input(one.bytes, ids, place.line));
      }
    }
    await this.#addAll(inputs, (i) => places[i] ?? {});
  }

  #input(bytes: Buffer, ids: InputIds, line: number): CaptureInput {
    return { bytes, checkout: this.#checkout, newId: ids.next(bytes, line) };
  }

  async #addAll(inputs: readonly CaptureInput[], place: (i: number) => InputPlace): Promise<void> {
    const verdicts = await Promise.all(inputs.map((input) => this.#group.add(input)));
    for (const [i, verdict] of verdicts.entries()) this.summary.add(verdict, place(i));
  }
}
