import { expect } from 'chai';
import { Address } from '../../src/address/address.js';
import type { DeploymentMetadata } from '../../src/dispatch/ports.js';
import type { TargetRegistry } from '../../src/targets/registry.js';
import { targetDescription } from '../support/core.js';
import { givenStores, type OpenStores } from './given-stores.js';

/** What every TargetRegistry promises. */
export function describeTargetRegistry(name: string, open: OpenStores): void {
  describe(`TargetRegistry on ${name}`, () => {
    const registry = async (): Promise<TargetRegistry> => (await givenStores(open)).stores.targets;
    describeIdentity(registry);
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
