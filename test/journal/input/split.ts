import type { Candidate } from '../../../src/journal/input/candidate.js';
import { EventSplitter } from '../../../src/journal/input/event-splitter.js';

/** Shown as the test writes them: `1:{"a":1}` is an event, `1! reason` a problem. */
export function shown(candidates: readonly Candidate[]): string[] {
  return candidates.map((candidate) =>
    candidate.kind === 'event'
      ? `${candidate.line}:${candidate.bytes.toString()}`
      : `${candidate.line}! ${candidate.problem}`,
  );
}

/** Splits an input that arrives in pieces of these sizes, over and over. */
export function split(
  input: string | Buffer,
  maxEventBytes = 1000,
  sizes: readonly number[] = [1 << 20],
): Candidate[] {
  const bytes = Buffer.from(input);
  const splitter = new EventSplitter(maxEventBytes);
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    const size = Math.max(1, sizes[turn % sizes.length] ?? 1);
    // Each piece on its own: a slice of the whole would hide reads beyond its end.
    splitter.push(Buffer.from(bytes.subarray(at, at + size)));
    at += size;
  }
  splitter.end();
  return splitter.take();
}
