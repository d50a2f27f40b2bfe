import { whyNot } from '../../files/trouble.js';
import { wrappedRoom } from '../wrapped-event.js';
import type { Candidate } from './candidate.js';
import { EventSplitter } from './event-splitter.js';
import { NotTextError, textOf } from './text-of.js';

export interface ReadEventsOptions {
  readonly maxEventBytes: number;
  /** Told when the bytes of the source are not those of its events. */
  onConversion?(what: string): void;
}

const PIECE_BYTES = 64 * 1024;
const MAX_BATCH_EVENTS = 1000;
const MAX_BATCH_BYTES = 1024 * 1024;

/**
 * Reads a source of bytes as candidate events: one object, an array, or JSON
 * Lines, gzip and UTF-16 included. Batches hold up to 1000 candidates or about 1 MiB, and
 * never wait for bytes that have not come: what a live source has written is
 * handed on at once. Events may be slices of the source's chunks, which must not
 * be written to again.
 *
 * A source that fails in the middle is one more problem, after everything that
 * was read before; `name` is used in its message only.
 */
export async function* readEvents(
  source: AsyncIterable<Buffer>,
  name: string,
  options: ReadEventsOptions,
): AsyncGenerator<Candidate[], void, undefined> {
  const splitter = new EventSplitter(options.maxEventBytes, wrappedRoom(options.maxEventBytes));
  let failure: unknown;
  const chunks = untilFailure(textOf(source, options.onConversion), (error) => {
    failure = error;
  });
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
      splitter.push(chunk.subarray(at, at + PIECE_BYTES));
      if (isFull(splitter)) yield* batches(splitter);
    }
    yield* batches(splitter);
  }
  splitter.end();
  yield* batches(splitter);
  if (failure !== undefined) yield [readProblem(name, splitter.line, failure)];
}

async function* untilFailure(
  source: AsyncIterable<Buffer>,
  onFailure: (error: unknown) => void,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield* source;
  } catch (error) {
    onFailure(error);
  }
}

function isFull(splitter: EventSplitter): boolean {
  return splitter.ready >= MAX_BATCH_EVENTS || splitter.readyBytes >= MAX_BATCH_BYTES;
}

function* batches(splitter: EventSplitter): Generator<Candidate[], void, undefined> {
  const ready = splitter.take();
  for (let at = 0; at < ready.length; at += MAX_BATCH_EVENTS) {
    yield ready.slice(at, at + MAX_BATCH_EVENTS);
  }
}

function readProblem(name: string, line: number, error: unknown): Candidate {
  if (error instanceof NotTextError) return { kind: 'problem', line, problem: error.message };
  const reason = whyNot(error);
  return { kind: 'problem', line, problem: `cannot read ${name} beyond this line: ${reason}` };
}
