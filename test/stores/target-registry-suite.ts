import { expect } from 'chai';
import { Address } from '../../src/address/address.js';
import type { DeploymentMetadata } from '../../src/dispatch/ports.js';
import type { TargetRegistry } from '../../src/targets/registry.js';
import { UnusableStartError } from '../../src/targets/start.js';
import { EVERYTHING_ALLOWED, targetDescription } from '../support/core.js';
import { newEvent, newEvents } from '../support/events.js';
import { results, ScriptedReceiver } from '../support/scripted-receiver.js';
import {
  assertVerified,
  drained,
  type GivenStores,
  givenStores,
  type OpenStores,
} from './given-stores.js';

/** What every TargetRegistry promises. */
export function describeTargetRegistry(name: string, open: OpenStores): void {
  describe(`TargetRegistry on ${name}`, () => {
    const registry = async (): Promise<TargetRegistry> => (await givenStores(open)).stores.targets;
    describeIdentity(registry);
    describeStart(open);
    describeDeployments(registry);
    describeOperators(registry);
  });
}

function describeIdentity(registry: () => Promise<TargetRegistry>): void {
  describe('ensure', () => {
    it('has one target for one identity, however often it is added', async () => {
      const targets = await registry();
      const first = await targets.ensure(targetDescription('a'), 1_000);
      const again = await targets.ensure(targetDescription('a'), 2_000);
      expect(again).to.deep.equal(first);
      expect(first).to.deep.include({
        id: 1,
        createdAt: 1_000,
        retiredAt: null,
        resetSignal: null,
        deployment: null,
        label: null,
      });
      expect(await targets.list()).to.deep.equal([first]);
    });

    it('is one target when many add it at once', async () => {
      const targets = await registry();
      const found = await Promise.all(
        Array.from({ length: 10 }, () => targets.ensure(targetDescription('a'), 1)),
      );
      expect(new Set(found.map((target) => target.id))).to.deep.equal(new Set([1]));
    });

    it('tells apart by address, team and user, and by nothing else', async () => {
      const targets = await registry();
      const a = targetDescription('a');
      const others = [{ urlHash: 'other' }, { teamSlug: 'blue' }, { userEmail: 'ada@example.com' }];
      for (const other of others) await targets.ensure({ ...a, ...other }, 1);
      const ids = (await targets.list()).map((target) => target.id);
      expect(ids).to.deep.equal([1, 2, 3]);
      const sameIdentity = {
        ...a,
        urlHash: 'other',
        kind: 'stub' as const,
        rawEndpoint: new Address('http://else.test'),
      };
      expect((await targets.ensure(sameIdentity, 1)).id).to.equal(1);
    });

    it('updates the settings of a target, and keeps its identity', async () => {
      const targets = await registry();
      const a = targetDescription('a');
      await targets.ensure(a, 1_000);
      const settings = { authEnv: 'A_TOKEN', headers: { 'X-Key': 'A_KEY' }, maxEvents: 10 };
      const rawEndpoint = new Address('HTTP://A.test');
      const changed = await targets.ensure(
        { ...a, rawEndpoint, settings, canonicalUrl: 'http://other.test' },
        5_000,
      );
      expect(changed).to.deep.include({
        rawEndpoint,
        settings,
        canonicalUrl: a.canonicalUrl,
        createdAt: 1_000,
      });
    });

    it('keeps the settings that a description says nothing of', async () => {
      const targets = await registry();
      const a = targetDescription('a');
      await targets.ensure({ ...a, settings: { maxEvents: 10, ack: 'status' } }, 1);
      const { settings } = await targets.ensure(
        { ...a, settings: { maxEvents: 20 }, unsaid: ['ack'] },
        2,
      );
      expect(settings).to.deep.equal({ maxEvents: 20, ack: 'status' });
    });

    it('keeps the settings of one target out of another', async () => {
      const targets = await registry();
      await targets.ensure({ ...targetDescription('a'), settings: { authEnv: 'A' } }, 1);
      await targets.ensure({ ...targetDescription('b'), settings: { authEnv: 'B' } }, 1);
      expect((await targets.list()).map((target) => target.settings)).to.deep.equal([
        { authEnv: 'A' },
        { authEnv: 'B' },
      ]);
    });

    it('remembers whether one reads gzip, until it has moved', async () => {
      const targets = await registry();
      const { id } = await targets.ensure(targetDescription('a'), 1);
      await targets.ensure(targetDescription('b'), 1);
      for (const readsGzip of [false, true]) {
        await targets.noteGzip(id, readsGzip);
        await targets.ensure(targetDescription('a'), 2);
        expect((await targets.list()).map((target) => target.readsGzip)).to.deep.equal([
          readsGzip,
          null,
        ]);
      }
      await targets.move(id, targetDescription('c'));
      expect(await targets.find(id)).to.have.property('readsGzip', null);
    });

    it('finds by id and by identity, or not at all', async () => {
      const targets = await registry();
      const a = await targets.ensure(targetDescription('a'), 1);
      expect(await targets.find(a.id)).to.deep.equal(a);
      expect(await targets.findByKey(targetDescription('a'))).to.deep.equal(a);
      expect(await targets.find(99)).to.equal(undefined);
      expect(await targets.findByKey(targetDescription('b'))).to.equal(undefined);
    });
  });
}

function describeDeployments(registry: () => Promise<TargetRegistry>): void {
  describe('what a server tells of itself', () => {
    let targets: TargetRegistry;
    beforeEach(async () => {
      targets = await registry();
      await targets.ensure(targetDescription('a'), 1);
    });

    it('is kept once; nothing is kept when it says nothing', async () => {
      expect(await note({})).to.equal(null);
      const ref = await note({ serverInstanceId: 'one', gitSha: 'abc' });
      expect(await note({ serverInstanceId: 'one', gitSha: 'abc' })).to.equal(ref);
      expect(await note({})).to.equal(ref);
      expect(await note({ gitSha: 'abc' }), 'less, and nothing new').to.equal(ref);
      expect((await targets.find(1))?.deployment).to.deep.equal({
        serverInstanceId: 'one',
        gitSha: 'abc',
      });
    });

    it('is a redeploy when only the deployment is another', async () => {
      const first = await note({ serverInstanceId: 'one', deploymentId: 'd1' });
      const second = await note({ deploymentId: 'd2' });
      expect(second).to.not.equal(first);
      const target = await targets.find(1);
      expect(target?.resetSignal).to.equal(null);
      expect(target?.deployment).to.deep.equal({ serverInstanceId: 'one', deploymentId: 'd2' });
    });

    it('forgets what the old instance told when another answers', async () => {
      await note({ serverInstanceId: 'one', gitSha: 'abc' });
      await note({ serverInstanceId: 'two' });
      expect((await targets.find(1))?.deployment).to.deep.equal({ serverInstanceId: 'two' });
    });

    it('is a reset when the instance is another, and stays one until it is acknowledged', async () => {
      await note({ serverInstanceId: 'one' });
      await note({ serverInstanceId: 'two' }, 7_000);
      const signal = { field: 'server_instance_id', before: 'one', after: 'two', at: 7_000 };
      expect((await targets.find(1))?.resetSignal).to.deep.equal(signal);
      await note({ serverInstanceId: 'two' }, 8_000);
      await note({}, 9_000);
      expect((await targets.find(1))?.resetSignal).to.deep.equal(signal);
      await targets.acknowledge(1);
      expect((await targets.find(1))?.resetSignal).to.equal(null);
    });

    it('makes no second target', async () => {
      await note({ serverInstanceId: 'one' });
      await note({ serverInstanceId: 'two' });
      expect(await targets.list()).to.have.length(1);
    });

    it('is kept for each target apart', async () => {
      await targets.ensure(targetDescription('b'), 1);
      await note({ serverInstanceId: 'one' });
      await targets.noteDeployment(2, { serverInstanceId: 'two' }, 1);
      for (const target of await targets.list()) expect(target.resetSignal).to.equal(null);
    });

    it('of a target nobody knows is dropped', async () => {
      expect(await targets.noteDeployment(99, { gitSha: 'abc' }, 1)).to.equal(null);
      expect(await targets.find(99)).to.equal(undefined);
    });

    function note(metadata: DeploymentMetadata, now = 1_000): Promise<number | null> {
      return targets.noteDeployment(1, metadata, now);
    }
  });
}

function describeOperators(registry: () => Promise<TargetRegistry>): void {
  describe('an operator', () => {
    it('gives a target a label, and takes it away', async () => {
      const targets = await registry();
      await targets.ensure(targetDescription('a'), 1);
      await targets.label(1, 'staging');
      expect((await targets.find(1))?.label).to.equal('staging');
      await targets.label(1, null);
      expect((await targets.find(1))?.label).to.equal(null);
    });

    it('retires a target once, and restores it', async () => {
      const targets = await registry();
      await targets.ensure(targetDescription('a'), 1);
      await targets.retire(1, 5_000);
      await targets.retire(1, 6_000);
      expect((await targets.find(1))?.retiredAt).to.equal(5_000);
      expect(await targets.list()).to.have.length(1);
      await targets.restore(1);
      await targets.restore(1);
      expect((await targets.find(1))?.retiredAt).to.equal(null);
    });

    it('finds a retired target again, still retired', async () => {
      const targets = await registry();
      await targets.ensure(targetDescription('a'), 1);
      await targets.retire(1, 5_000);
      const again = await targets.ensure(targetDescription('a'), 6_000);
      expect(again).to.include({ id: 1, retiredAt: 5_000 });
    });
  });
}

const NOW = Date.UTC(2026, 0, 1);
const at = (from?: string) => ({
  ...targetDescription('a'),
  settings: from === undefined ? {} : { from },
});

async function excluded({ stores }: GivenStores): Promise<number> {
  return (await stores.ledger.backlog(1, EVERYTHING_ALLOWED)).excluded;
}

/** Four events, captured at seconds 1, 2, 3 and 3. */
async function givenFour(open: OpenStores): Promise<GivenStores> {
  const given = await givenStores(open);
  for (const [i, second] of [1, 2, 3, 3].entries())
    await given.stores.journal.append(
      [newEvent(`e${i + 1}`, { capturedAt: second * 1_000 })],
      'capture',
    );
  return given;
}

function describeStart(open: OpenStores): void {
  describe('where a target starts', () => {
    const STARTS: readonly [from: string | undefined, gets: string[]][] = [
      [undefined, ['e1', 'e2', 'e3', 'e4', 'new']],
      ['all', ['e1', 'e2', 'e3', 'e4', 'new']],
      ['now', ['new']],
      [new Date(3_000).toISOString(), ['e3', 'e4', 'new']],
      [new Date(1_500).toISOString(), ['e2', 'e3', 'e4', 'new']],
      [new Date(9_000).toISOString(), ['new']],
      [new Date(0).toISOString(), ['e1', 'e2', 'e3', 'e4', 'new']],
    ];
    for (const [from, gets] of STARTS)
      it(`with from = ${from} gets ${gets.join(', ')}`, async () => {
        const given = await givenFour(open);
        await given.stores.targets.ensure(at(from), NOW);
        expect(await excluded(given)).to.equal(5 - gets.length);
        await given.stores.journal.append([newEvent('new')], 'capture');
        expect(await drained(given)).to.deep.equal(gets);
        expect(await excluded(given)).to.equal(5 - gets.length);
        await assertVerified(given);
      });

    it('is the first event captured since a time, whatever came late or with a wrong clock', async () => {
      const given = await givenStores(open);
      const seconds = [1, 9, ...Array.from({ length: 20 }, () => 2), 9, 1, 10];
      for (const [i, second] of seconds.entries())
        await given.stores.journal.append(
          [newEvent(`e${i + 1}`, { capturedAt: second * 1_000 })],
          second === 2 ? 'spool' : 'capture',
        );
      await given.stores.targets.ensure(at(new Date(9_000).toISOString()), NOW);
      expect(await excluded(given)).to.equal(1);
      expect(await drained(given)).to.have.length(seconds.length - 1);
      await assertVerified(given);
      await given.stores.targets.ensure(at(new Date(10_000).toISOString()), NOW);
      expect(await given.stores.targets.find(1)).to.deep.include({ startSeq: 25 });
    });

    it('is all there is to come where nothing was captured yet', async () => {
      const given = await givenStores(open);
      await given.stores.targets.ensure(at('now'), NOW);
      await given.stores.journal.append(newEvents(2), 'capture');
      expect(await drained(given)).to.have.length(2);
    });

    for (const from of ['soon', new Date(NOW + 1).toISOString()])
      it(`is not ${from}`, async () => {
        const given = await givenFour(open);
        const refusal = await given.stores.targets.ensure(at(from), NOW).catch((error) => error);
        expect(refusal).to.be.instanceOf(UnusableStartError);
        expect(await given.stores.targets.list()).to.deep.equal([]);
      });

    it('moves with its setting: earlier ones come once, and what is delivered stays so', async () => {
      const given = await givenFour(open);
      const { targets, journal } = given.stores;
      await targets.ensure(at(new Date(3_000).toISOString()), NOW);
      expect(await drained(given)).to.deep.equal(['e3', 'e4']);
      const earlier = await targets.ensure(at(new Date(2_000).toISOString()), NOW);
      expect(earlier).to.deep.include({
        startSeq: 2,
        settings: at(earlier.settings.from).settings,
      });
      expect(await excluded(given)).to.equal(1);
      expect(await drained(given)).to.deep.equal(['e2']);
      await targets.ensure(at('now'), NOW);
      expect(await excluded(given)).to.equal(1);
      await journal.append([newEvent('e5')], 'capture');
      await targets.ensure(at(), NOW);
      expect(await drained(given)).to.deep.equal(['e1', 'e5']);
      expect(await drained(given)).to.deep.equal([]);
      await assertVerified(given);
    });

    it('keeps what was attempted, whatever came of it', async () => {
      const given = await givenFour(open);
      await given.stores.targets.ensure(at(), NOW);
      const receiver = new ScriptedReceiver();
      receiver.answer = (batch) => results(batch, () => ({ kind: 'rejected', reason: 'no' }));
      await drained(given, 1, receiver);
      await given.stores.targets.ensure(at('now'), NOW);
      expect(await excluded(given)).to.equal(0);
      expect(await drained(given)).to.deep.equal(['e1', 'e2', 'e3', 'e4']);
    });

    it('counts by its classes what is excluded', async () => {
      const given = await givenStores(open);
      const { targets, journal, retention, redaction } = given.stores;
      const keyed = { coalesceKey: 'k' };
      await journal.append([newEvent('k1', keyed), ...newEvents(4)], 'capture');
      await targets.ensure(at('now'), NOW);
      expect(await excluded(given)).to.equal(5);
      await journal.append([newEvent('k2', keyed)], 'capture');
      expect(await excluded(given), 'coalesced').to.equal(4);
      await redaction.redact('e-000001', { reason: 'r', now: NOW });
      expect(await excluded(given), 'redacted').to.equal(3);
      const scope = { capturedBy: NOW, includeUndelivered: true };
      const record = { kind: 'archive', archiveId: 'a' } as const;
      const archived = await retention.records([3]);
      await retention.purge([3], scope, record, NOW);
      expect(await excluded(given), 'archived').to.equal(2);
      const order = { now: NOW, archiveId: 'a', addMissing: false };
      await given.stores.restoring.restore(archived, order);
      expect(await excluded(given), 'restored').to.equal(3);
      expect(await drained(given)).to.deep.equal(['k2']);
      await assertVerified(given);
    });

    it('moves in pages, over thousands of events', async () => {
      const given = await givenStores(open);
      const { targets, journal } = given.stores;
      await targets.ensure(at(), NOW);
      await journal.append(newEvents(3_000), 'capture');
      await targets.startAt(1, 2_999, NOW);
      expect(await drained(given)).to.deep.equal(['e-002999', 'e-003000']);
      await targets.startAt(1, 500, NOW);
      expect(await excluded(given)).to.equal(499);
      await targets.startAt(1, 0, NOW);
      expect(await drained(given)).to.have.length(2_998);
      await assertVerified(given);
    });
  });
}
