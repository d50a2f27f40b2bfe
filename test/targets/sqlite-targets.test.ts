import { expect } from 'chai';
import { Address } from '../../src/address/address.js';
import { type Core, openCore, rows, targetDescription } from '../support/core.js';

describe('the target registry', () => {
  let core: Core;
  beforeEach(async () => {
    core = await openCore();
  });

  it('has one row for one identity, however often it is met', async () => {
    const first = await core.targets.ensure(targetDescription('a'), 1_000);
    const again = await core.targets.ensure(targetDescription('a'), 2_000);
    expect(again).to.deep.equal(first);
    expect(first).to.deep.include({ id: 1, createdAt: 1_000, retiredAt: null, resetSignal: null });
    expect(rows(core, 'SELECT * FROM target')).to.have.length(1);
  });

  it('is one row when many add it at once', async () => {
    const found = await Promise.all(
      Array.from({ length: 10 }, () => core.targets.ensure(targetDescription('a'), 1)),
    );
    expect(new Set(found.map((target) => target.id))).to.deep.equal(new Set([1]));
  });

  it('tells apart by address, team and user, and by nothing else', async () => {
    const a = targetDescription('a');
    const others = [{ urlHash: 'other' }, { teamSlug: 'blue' }, { userEmail: 'ada@example.com' }];
    for (const other of others) await core.targets.ensure({ ...a, ...other }, 1);
    const ids = (await core.targets.list()).map((target) => target.id);
    expect(ids).to.deep.equal([1, 2, 3]);
    const sameIdentity = {
      ...a,
      urlHash: 'other',
      kind: 'stub' as const,
      rawEndpoint: new Address('http://else.test'),
    };
    expect((await core.targets.ensure(sameIdentity, 1)).id).to.equal(1);
  });

  it('updates the settings of a target, and keeps its identity', async () => {
    const a = targetDescription('a');
    await core.targets.ensure(a, 1_000);
    const settings = { authEnv: 'A_TOKEN', headers: { 'X-Key': 'A_KEY' }, maxEvents: 10 };
    const changed = await core.targets.ensure(
      {
        ...a,
        rawEndpoint: new Address('HTTP://A.test'),
        settings,
        canonicalUrl: 'http://other.test',
      },
      5_000,
    );
    expect(changed).to.deep.include({
      rawEndpoint: new Address('HTTP://A.test'),
      settings,
      canonicalUrl: a.canonicalUrl,
      createdAt: 1_000,
    });
  });

  it('keeps the settings of one target out of another', async () => {
    await core.targets.ensure({ ...targetDescription('a'), settings: { authEnv: 'A' } }, 1);
    await core.targets.ensure({ ...targetDescription('b'), settings: { authEnv: 'B' } }, 1);
    expect((await core.targets.list()).map((target) => target.settings)).to.deep.equal([
      { authEnv: 'A' },
      { authEnv: 'B' },
    ]);
  });

  it('finds by id and by identity, or not at all', async () => {
    const a = await core.targets.ensure(targetDescription('a'), 1);
    expect(await core.targets.find(a.id)).to.deep.equal(a);
    expect(await core.targets.findByKey(targetDescription('a'))).to.deep.equal(a);
    expect(await core.targets.find(99)).to.equal(undefined);
    expect(await core.targets.findByKey(targetDescription('b'))).to.equal(undefined);
  });
});

describe('what a server tells of itself', () => {
  let core: Core;
  beforeEach(async () => {
    core = await openCore();
    await core.targets.ensure(targetDescription('a'), 1);
  });

  it('is kept once; nothing is kept when it says nothing', async () => {
    expect(await note({})).to.equal(null);
    const ref = await note({ serverInstanceId: 'one', gitSha: 'abc' });
    expect(await note({ serverInstanceId: 'one', gitSha: 'abc' })).to.equal(ref);
    expect(await note({})).to.equal(ref);
    expect(await note({ gitSha: 'abc' }), 'less, and nothing new').to.equal(ref);
    expect(rows(core, 'SELECT * FROM deployment')).to.have.length(1);
    expect((await core.targets.find(1))?.deployment).to.deep.equal({
      serverInstanceId: 'one',
      gitSha: 'abc',
    });
  });

  it('is a redeploy when only the deployment is another', async () => {
    const first = await note({ serverInstanceId: 'one', deploymentId: 'd1' });
    const second = await note({ deploymentId: 'd2' });
    expect(second).to.not.equal(first);
    const target = await core.targets.find(1);
    expect(target?.resetSignal).to.equal(null);
    expect(target?.deployment).to.deep.equal({ serverInstanceId: 'one', deploymentId: 'd2' });
  });

  it('forgets what the old instance told when another answers', async () => {
    await note({ serverInstanceId: 'one', gitSha: 'abc' });
    await note({ serverInstanceId: 'two' });
    expect((await core.targets.find(1))?.deployment).to.deep.equal({ serverInstanceId: 'two' });
  });

  it('is a reset when the instance is another, and stays one until it is acknowledged', async () => {
    await note({ serverInstanceId: 'one' });
    await note({ serverInstanceId: 'two' }, 7_000);
    const signal = { field: 'server_instance_id', before: 'one', after: 'two', at: 7_000 };
    expect((await core.targets.find(1))?.resetSignal).to.deep.equal(signal);
    await note({ serverInstanceId: 'two' }, 8_000);
    await note({}, 9_000);
    expect((await core.targets.find(1))?.resetSignal).to.deep.equal(signal);
  });

  it('makes no second target', async () => {
    await note({ serverInstanceId: 'one' });
    await note({ serverInstanceId: 'two' });
    expect(await core.targets.list()).to.have.length(1);
  });

  it('is kept for each target apart', async () => {
    await core.targets.ensure(targetDescription('b'), 1);
    await note({ serverInstanceId: 'one' });
    await core.targets.noteDeployment(2, { serverInstanceId: 'two' }, 1);
    for (const target of await core.targets.list()) expect(target.resetSignal).to.equal(null);
  });

  it('of a target nobody knows is dropped', async () => {
    expect(await core.targets.noteDeployment(99, { gitSha: 'abc' }, 1)).to.equal(null);
    expect(rows(core, 'SELECT * FROM deployment')).to.deep.equal([]);
  });

  function note(
    metadata: Parameters<Core['targets']['noteDeployment']>[1],
    now = 1_000,
  ): Promise<number | null> {
    return core.targets.noteDeployment(1, metadata, now);
  }
});
