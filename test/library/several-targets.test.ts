import { expect } from 'chai';
import { isRedrainError, openRedrain, type Redrain, type TargetOptions } from '../../src/index.js';
import { describeOnEachHome, type EngineHomes } from '../support/each-engine.js';
import { eventServer } from '../support/event-server.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';

const event = (id: string) => ({ event_id: id, event_type: 'T' });

async function given(
  on: EngineHomes,
  targets: Readonly<Record<string, TargetOptions>> | undefined,
  home = temporaryHome(),
): Promise<Redrain> {
  const redrain = await openRedrain({ home, env: on.env(home), ...(targets && { targets }) });
  closeAfterTest(() => redrain.close());
  return redrain;
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (!isRedrainError(error)) return String(error);
  expect(error.message, error.code).not.to.match(/`redrain |--/);
  return error.code;
}

describeOnEachHome('a program with several targets', (on) => {
  it('declares them itself, and drains to one by its name', async () => {
    const redrain = await given(on, { a: { url: 'stub:a' }, b: { url: 'stub:b', maxEvents: 7 } });
    await redrain.captureMany([event('1'), event('2')]);
    expect(await redrain.drain({ to: 'b', dryRun: true })).to.include({ selected: 2 });
    expect(await redrain.drain({ to: 'b' })).to.include({ target_url: 'stub:b', delivered: 2 });
    const [row, ...more] = await redrain.targets();
    expect(more).to.deep.equal([]);
    expect(row).to.deep.include({ name: 'b' });
    expect(row?.settings).to.include({ maxEvents: 7 });
    expect(await redrain.events({ target: 'b' })).to.include({ target_id: 1 });
  });

  it('drains to all of them side by side, each with its report or its error', async () => {
    const redrain = await given(on, { a: { url: 'stub:a' }, dead: { url: 'http://127.0.0.1:9/' } });
    await redrain.capture(event('1'));
    const outcomes = await redrain.drain({ all: true });
    expect(outcomes.map(({ name }) => name)).to.have.members(['a', 'dead']);
    const at = (name: string) => outcomes.find((one) => one.name === name)?.report;
    expect(at('a')).to.include({ delivered: 1 });
    expect(at('dead')).to.include({ transient: 1, delivered: 0 });
  });

  it('loses one that says it is gone for good, and goes on with the others', async () => {
    const server = await eventServer();
    server.answer = () => ({ status: 410, headers: {}, body: 'gone' });
    const gone = { url: server.url, format: 'webhook' as const, concurrency: 1 };
    const redrain = await given(on, { a: { url: 'stub:a' }, gone });
    await redrain.captureMany([event('1'), event('2')]);
    const outcomes = await redrain.drain({ all: true });
    const at = (name: string) => outcomes.find((one) => one.name === name)?.report;
    expect(at('gone')).to.include({ blocked_reason: 'target_retired', posts: 1, delivered: 0 });
    expect(at('a')).to.include({ delivered: 2 });
    const row = (await redrain.targets()).find(({ name }) => name === 'gone');
    expect(row?.retiredAt).to.be.a('number');
    await redrain.drain({ all: true });
    expect(server.posts, 'nothing more is sent there').to.have.length(1);
  });

  it('adds, changes and uses those of config.toml', async () => {
    const home = temporaryHome();
    const redrain = await given(on, undefined, home);
    await redrain.capture(event('1'));
    expect(await redrain.targets.add('a', { url: 'stub:a' })).to.deep.include({ name: 'a' });
    await redrain.targets.add('b', { url: 'stub:b', projects: 'allowed' });
    expect(await redrain.drain()).to.include({ target_url: 'stub:a', delivered: 1 });
    await redrain.targets.set('b', { projects: undefined });
    await redrain.targets.use('b');
    const again = await given(on, undefined, home);
    expect(await again.drain()).to.include({ target_url: 'stub:b', delivered: 1 });
    expect((await again.targets.list()).map(({ name }) => name)).to.deep.equal(['a', 'b']);
    expect((await again.enqueue('dispatch', { target: 'b' })).data).to.deep.equal({ targetId: 2 });
  });

  it('hears of what is wrong by a code, in sentences without commands', async () => {
    const redrain = await given(on, { a: { url: 'stub:a' } });
    await redrain.drain({ to: 'a' });
    const wrong = { a: { url: 'stub:a', rate: 'fast' } };
    expect(await codeOf(given(on, wrong))).to.equal('TARGET_MISCONFIGURED');
    expect(await codeOf(redrain.drain({ to: 'b' }))).to.equal('TARGET_NAME_UNKNOWN');
    expect(await codeOf(redrain.drain({ target: 9 }))).to.equal('TARGET_UNKNOWN');
    expect(await codeOf(redrain.targets.add('B', { url: 'stub:b' }))).to.equal(
      'TARGET_NAME_INVALID',
    );
    expect(await codeOf(redrain.targets.add('b', { url: 'x' }))).to.equal('URL_UNUSABLE');
    expect(await codeOf(redrain.targets.add('b', { url: 'stub:a' }))).to.equal(
      'TARGET_ADDRESS_TAKEN',
    );
    expect(await codeOf(redrain.targets.use('nobody'))).to.equal('TARGET_NAME_UNKNOWN');
  });
});
