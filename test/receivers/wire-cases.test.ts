import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { Outcome } from '../../src/dispatch/ports.js';
import { drainBatch } from '../support/bisect.js';
import { eventsFor } from './events.js';
import { threeReceivers } from './three-receivers.js';
import { WIRE_CASES, type WireCase } from './wire-cases.js';
import { scriptOf } from './wire-script.js';

const SHARED_CASES = path.resolve('..', 'shared', 'facts', 'wire-cases.json');

describe('what a server answers, and what each receiver makes of it', () => {
  for (const wireCase of WIRE_CASES) it(wireCase.name, () => holdsOnAllThree(wireCase));
});

if (existsSync(SHARED_CASES)) {
  const shared = JSON.parse(readFileSync(SHARED_CASES, 'utf8')) as WireCase[];
  describe('the shared wire cases', () => {
    for (const wireCase of shared) it(wireCase.name, () => holdsOnAllThree(wireCase));
  });
}

async function holdsOnAllThree(wireCase: WireCase): Promise<void> {
  const batch = eventsFor(wireCase.sent_event_ids);
  const receivers = await threeReceivers(scriptOf(wireCase));
  const seen: Outcome[][] = [];
  for (const [name, receiver] of receivers.byName) {
    const { outcomes, posts } = await drainBatch(receiver, batch);
    const kinds = [...outcomes].map(([id, { kind }]) => [id, kind]);
    expect(Object.fromEntries(kinds), name).to.deep.equal(wireCase.expected);
    expect(posts, name).to.be.at.most(2 * batch.length - 1);
    seen.push(batch.map(({ eventId }) => outcomes.get(eventId)!));
  }
  await receivers.close();
  // Only the words for a lost connection differ: the stub has none to lose.
  if (wireCase.http_status === null) return;
  expect(seen[1]).to.deep.equal(seen[0]);
  expect(seen[2]).to.deep.equal(seen[0]);
}
