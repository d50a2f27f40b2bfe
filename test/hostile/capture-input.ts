import { App } from '../../src/app/app.js';
import type { CaptureVerdict } from '../../src/journal/capture.js';
import { CaptureSummary } from '../../src/journal/capture-summary.js';
import type { Candidate } from '../../src/journal/input/candidate.js';
import { readEvents } from '../../src/journal/input/read-events.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';

/** What came of one input, candidate by candidate, in its order. */
export interface Taken {
  readonly line: number;
  /** The bytes of an event that was handed on; null for what could not even be cut out. */
  readonly bytes: Buffer | null;
  readonly kind: string;
  readonly eventId: string | null;
}

export interface Captured {
  readonly taken: Taken[];
  readonly summary: CaptureSummary;
}

export function openApp(home = temporaryHome()): App {
  const app = new App({ home, env: {} });
  closeAfterTest(() => app.close());
  return app;
}

/** Captures an input that arrives in pieces of this size, as `redrain capture` does. */
export async function captureBytes(
  app: App,
  input: Buffer,
  { pieceBytes = 65_536, maxEventBytes = 1024 * 1024 } = {},
): Promise<Captured> {
  const captured: Captured = { taken: [], summary: new CaptureSummary() };
  for await (const batch of readEvents(pieces(input, pieceBytes), 'in', { maxEventBytes })) {
    const events = batch.filter((one) => one.kind === 'event');
    const inputs = events.map(({ bytes }) => ({ bytes, checkout: null }));
    const verdicts = await app.captureGroup(inputs, { maxEventBytes });
    for (const one of batch) note(captured, one, one.kind === 'event' ? verdicts.shift() : null);
    if (verdicts.length > 0) throw new Error('more verdicts than events');
  }
  return captured;
}

function note({ taken, summary }: Captured, one: Candidate, verdict?: CaptureVerdict | null): void {
  const { line } = one;
  if (one.kind === 'problem') {
    summary.addProblem(one.problem, { line });
    taken.push({ line, bytes: null, kind: 'problem', eventId: null });
    return;
  }
  if (!verdict) throw new Error('an event without a verdict');
  summary.add(verdict, { line });
  const eventId = 'eventId' in verdict ? verdict.eventId : null;
  taken.push({ line, bytes: one.bytes, kind: verdict.kind, eventId });
}

async function* pieces(input: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < input.length; at += size) yield Buffer.from(input.subarray(at, at + size));
}
