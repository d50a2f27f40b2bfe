import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import { readStatus } from '../../src/app/status.js';
import { verify } from '../../src/app/verify.js';
import { SERVERS } from './commands.js';
import { differences } from './differences.js';
import { expectedOf } from './expected.js';
import type { KnownEvent, Model } from './model.js';
import type { Observed } from './observed.js';
import { NO_CONTROL, type Setting } from './setting.js';

/** Home, model and servers tell one story. */
export async function expectAgreement(at: Setting): Promise<void> {
  const { model, home, mortality } = at;
  const seen = await home.observer.look();
  learnDueTimes(model, seen);
  const expected = expectedOf(model);
  const killed = mortality.diedAt === undefined ? '' : `, killed at ${mortality.diedAt}`;
  if (!isDeepStrictEqual(seen, expected))
    expect.fail(`the home${killed}:
${differences(seen, expected)}`);
  await home.journal.witness.assertInvariant();
  expectServersToAgree(at);
}

/** Where no verdict was given, the ledger alone knows when the next try is due. */
function learnDueTimes(model: Model, seen: Observed): void {
  for (const [name, target] of model.targets)
    for (const [seq, { due }] of Object.entries(seen.targets[name]?.deliveries ?? {}))
      if (!target.due.has(Number(seq))) target.due.set(Number(seq), due);
}

/**
 * What the ledger calls delivered is there, in its very bytes; what is there,
 * the ledger calls delivered, or at least not certain to be missing; what was
 * coalesced never came.
 */
function expectServersToAgree(at: Setting): void {
  const { model } = at;
  for (const name of SERVERS) {
    const target = model.targets.get(name);
    const { stored } = at.server(name);
    for (const { seq, id, sha256, eventClass } of model.events) {
      const held = stored.get(id);
      if (target?.isDelivered(seq)) expect(held, `${id} at server ${name}`).to.equal(sha256);
      if (eventClass === 'coalesced' && model.revisions(id).length === 1)
        expect(held, `${id}, coalesced, at server ${name}`).to.equal(undefined);
    }
    for (const [id, sha256] of stored) {
      const same = model.revisions(id).filter((event) => event.sha256 === sha256);
      const isKnown = same.some(({ seq }) => target?.mayHave(seq) === true);
      expect(isKnown, `the ledger knows that server ${name} may have ${id}`).to.equal(true);
    }
  }
}

/** Whatever is live was delivered to every server that may have it, and the ledger says so. */
export function expectEverythingEverywhere(at: Setting): void {
  const live = at.model.events.filter(({ eventClass }) => eventClass === 'live');
  for (const name of SERVERS) {
    const target = at.model.target(name);
    const owed = live.filter(({ seq }) => target.deliveries.get(seq)?.status !== 'withheld');
    const missing = owed.filter(({ seq }) => !target.isDelivered(seq));
    expect(
      missing.map(({ id }) => id),
      `never delivered to ${name}`,
    ).to.deep.equal([]);
  }
}

/** No archive has the bytes of an event whose redaction came to its end. */
export function expectErased({ model, home }: Setting): void {
  const archived = home.observer.archivedDigests();
  const erased = model.events.filter(({ eventClass }) => eventClass === 'redacted');
  // What was decided for since may have a content that was there before.
  const isBack = (event: KnownEvent): boolean =>
    model.revisions(event.id).some((one) => one.place !== 'gone' && one.sha256 === event.sha256);
  const left = erased.filter(
    (event) => archived.has(event.sha256) && !model.halfRedacted.has(event.id) && !isBack(event),
  );
  expect(
    left.map(({ id }) => id),
    'redacted, and in an archive',
  ).to.deep.equal([]);
}

/** `verify` finds nothing, and every target's numbers in `status` add up. */
export async function expectVerified({ home, model }: Setting): Promise<void> {
  const { ok, verdict } = await verify(home.app, NO_CONTROL);
  expect(ok, verdict).to.equal(true);
  const { delivery_ledger: ledger } = await readStatus(home.app);
  const sums = 'per_target' in ledger ? ledger.per_target : [];
  expect(sums.map(({ total, adds_up }) => ({ total, adds_up }))).to.deep.equal(
    SERVERS.map(() => ({ total: model.events.length, adds_up: true })),
  );
}
