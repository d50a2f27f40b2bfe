import { expect } from 'chai';
import fc from 'fast-check';
import type { Outcome } from '../../src/dispatch/ports.js';
import { mapResponse } from '../../src/receivers/mapper.js';
import { drainBatch } from '../support/bisect.js';
import { rounds } from '../support/rounds.js';
import { eventsFor } from './events.js';
import { threeReceivers } from './three-receivers.js';

const IDS = ['a', 'b', 'c'];
const KINDS = ['success', 'duplicate', 'pending', 'rejected', 'terminal_failed', 'transient'];
/** All that a server may say to have an event counted as delivered. */
const DELIVERED = new Set(['success', 'accepted', 'warning', 'duplicate']);

const word = fc.constantFrom('success', ' Duplicate ', 'queued', 'rejected', 'nonsense', '');
const id = fc.oneof(fc.constantFrom(...IDS, 'z'), fc.jsonValue());
const entry = fc.oneof(
  fc.record(
    {
      event_id: id,
      status: fc.oneof(word, fc.jsonValue()),
      error: fc.jsonValue(),
      code: fc.constantFrom('project_refused', 1),
    },
    { requiredKeys: [] },
  ),
  fc.jsonValue(),
);
const list = fc.oneof(fc.array(entry), fc.jsonValue());
const details = fc.oneof(
  list,
  list.map((value) => JSON.stringify(value)),
);
const document = fc.record(
  {
    results: list,
    details,
    error: fc.oneof(fc.constant('too large'), fc.jsonValue()),
    sync_protocol: fc.jsonValue(),
  },
  { requiredKeys: [] },
);
const body = fc.oneof(
  document.map((value) => JSON.stringify(value)),
  fc.json(),
  fc.string(),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
);
const status = fc.oneof(
  fc.constantFrom(200, 200, 202, 400, 401, 403, 412, 413, 429, 503),
  fc.integer({ min: 200, max: 599 }),
);

describe('any answer at all', () => {
  it('maps to a defined outcome, and to success only where the server said so', () => {
    fc.assert(
      fc.property(status, body, fc.string(), (code, content, header) => {
        const answer = {
          status: code,
          headers: { 'retry-after': header, location: header },
          body: Buffer.from(content),
        };
        const verdict = mapResponse(IDS, answer, {
          ack: 'results',
          now: 0,
          redact: (text) => text,
        });
        expect(verdict.outcomes).to.have.length(IDS.length);
        expect(verdict.httpStatus).to.equal(code);
        verdict.outcomes.forEach((outcome, index) => {
          expectSound(outcome ?? verdict.ifAlone);
          if (isDelivered(outcome))
            expect(saidSo(code, content.toString(), IDS[index]!)).to.equal(true);
        });
      }),
      { numRuns: rounds(500, 20_000) },
    );
  });

  it('comes to the same on all three receivers, over real sockets too', async () => {
    const batch = eventsFor(IDS);
    await fc.assert(
      fc.asyncProperty(status, body, async (code, content) => {
        const bodiless = code === 204 || code === 304;
        const answer = { status: code, body: bodiless ? '' : Buffer.from(content) };
        const receivers = await threeReceivers(() => answer);
        const seen: unknown[] = [];
        for (const [, receiver] of receivers.byName) {
          const { outcomes } = await drainBatch(receiver, batch);
          expect(outcomes.size).to.equal(IDS.length);
          seen.push([...outcomes]);
        }
        await receivers.close();
        expect(seen[1]).to.deep.equal(seen[0]);
        expect(seen[2]).to.deep.equal(seen[0]);
      }),
      { numRuns: rounds(60, 1_000) },
    );
  });
});

function expectSound(outcome: Outcome | undefined): void {
  expect(KINDS).to.include(outcome?.kind);
  if (outcome && 'reason' in outcome) expect(outcome.reason).to.have.length.within(1, 600);
  expect(outcome?.response?.length ?? 0).to.be.at.most(500);
}

function isDelivered(outcome: Outcome | undefined): boolean {
  return outcome?.kind === 'success' || outcome?.kind === 'duplicate';
}

/** Read independently of the mapper: some entry of a 2xx names the id with a word of delivery. */
function saidSo(code: number, content: string, eventId: string): boolean {
  if (code < 200 || code > 299) return false;
  const { results } = JSON.parse(content.replace(/^\uFEFF/, '')) as { results: unknown[] };
  return results.some((given) => {
    const { event_id, status: said } = (given ?? {}) as { event_id?: unknown; status?: unknown };
    return event_id === eventId && DELIVERED.has(String(said).trim().toLowerCase());
  });
}
