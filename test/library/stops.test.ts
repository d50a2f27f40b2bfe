import { writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { App } from '../../src/app/app.js';
import { changeMode } from '../../src/app/change-mode.js';
import { enqueue } from '../../src/app/jobs/enqueue.js';
import { changeProjects } from '../../src/app/projects.js';
import { runRedact } from '../../src/app/redact.js';
import { changeTarget } from '../../src/app/target-changes.js';
import type { DrainReport } from '../../src/dispatch/drain-report.js';
import { plainMode } from '../../src/policy/mode.js';
import { dispatchWorker } from '../../src/workers/dispatch-worker.js';
import { type CountingReceiver, countingReceiver } from '../support/counting-receiver.js';
import { describeOnEachHome, type EngineHomes } from '../support/each-engine.js';
import { someOf } from '../support/rounds.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';
import { givenService, runIdle } from '../workers/given-service.js';
import { externalTo, writeConfig } from './given-redrain.js';

const PROJECT = '11111111-1111-4111-8111-111111111111';
const EVENTS = 30;
const ids = Array.from({ length: EVENTS }, (_, i) => `e${String(i).padStart(2, '0')}`);
/** Never the first of a batch, always in those that are still to come. */
const ERASED = 'e25';

interface Scene {
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  /** The process that drains, and the one of the operator. */
  readonly drainer: App;
  readonly operator: App;
  readonly receiver: CountingReceiver;
  readonly config: string;
}

/** What an operator can say of a drain that is at work, and what it then gives as the reason. */
const STOPS: Record<string, { stop(scene: Scene): unknown; reason: string | null }> = {
  'projects hold': {
    stop: ({ operator }) =>
      changeProjects(operator, 'hold', { uuids: [PROJECT], all: false, unassigned: false }),
    reason: null,
  },
  'targets retire': {
    stop: ({ operator }) => changeTarget(operator, '1', { kind: 'retire' }),
    reason: 'target_retired',
  },
  'mode LOCAL_RETENTION': {
    stop: ({ operator }) => changeMode(operator, { mode: 'LOCAL_RETENTION', headers: {} }),
    reason: 'delivery_off',
  },
  'mode OPT_OUT': {
    stop: ({ operator }) => changeMode(operator, { mode: 'OPT_OUT', headers: {} }),
    reason: 'delivery_off',
  },
  'a broken config.toml': {
    stop: ({ drainer }) => writeFileSync(drainer.paths.config, 'mode = ['),
    reason: 'config_unreadable',
  },
};

const redact = ({ operator }: Scene) =>
  runRedact(operator, ERASED, 'a secret', new AbortController().signal);

/** How a drain can be at work when that comes. */
const DRAINS: Record<
  string,
  { maxEvents: number; isPoison?: (id: string) => boolean; isSlow?: boolean; isWorker?: boolean }
> = {
  'a plain drain': { maxEvents: 1 },
  'a bisected one': { maxEvents: EVENTS, isPoison: (id) => Number(id.slice(1)) % 2 === 0 },
  "a worker's": { maxEvents: 1, isWorker: true },
  'one to a slow server': { maxEvents: 2, isSlow: true },
  'a bisected one to a slow server': {
    maxEvents: EVENTS,
    isPoison: (id) => Number(id.slice(1)) % 2 === 0,
    isSlow: true,
  },
};

const drain = (app: App): Promise<DrainReport> =>
  app.drain({ ignoreBackoff: true, waitForLock: true, signal: new AbortController().signal });

async function scene(
  on: EngineHomes,
  { maxEvents, isPoison }: (typeof DRAINS)[string],
): Promise<Scene> {
  const home = temporaryHome();
  const receiver = await countingReceiver();
  const rules = `[sync.projects]\n${PROJECT} = "allow"\n`;
  const more = `projects = "allowed"\nmax_events = ${maxEvents}\n${rules}`;
  const config = externalTo(receiver.url, more);
  writeConfig(home, config);
  const env = on.env(home);
  const open = (): App => {
    const app = new App({ home, env, random: () => 0.5 });
    closeAfterTest(() => app.close());
    return app;
  };
  const [drainer, operator] = [open(), open()];
  // The row of the target is made by its first drain.
  await drain(drainer);
  await drainer.captureGroup(ids.map((id) => ({ bytes: bytesOf(id) })));
  if (isPoison !== undefined) receiver.isPoison = isPoison;
  return { home, env, drainer, operator, receiver, config };
}

const bytesOf = (id: string): Buffer =>
  Buffer.from(JSON.stringify({ event_id: id, event_type: 'T', project_uuid: PROJECT }));

/** Says stop while the drain has its third post on the way; returns how many came after it was said. */
async function stopIn(
  given: Scene,
  { isSlow, isWorker }: (typeof DRAINS)[string],
  stop: (scene: Scene) => unknown,
): Promise<{ report: DrainReport | undefined; atStop: number }> {
  const { receiver, drainer } = given;
  if (isSlow === true) receiver.hold();
  const running = isWorker === true ? workerOn(given) : drain(drainer);
  await receiver.arrived(isSlow === true ? 1 : 3);
  await stop(given);
  const atStop = receiver.posts.length;
  receiver.release();
  const report = await running;
  return { report, atStop };
}

async function workerOn({ home, env }: Scene): Promise<undefined> {
  const service = await givenService(home, [], { env });
  await enqueue(service.queues, 'dispatch', {});
  await runIdle(dispatchWorker, service);
}

/** Everything is allowed again: what was given back is still there, and goes out once. */
async function goOn({ home, config, operator, receiver, drainer }: Scene): Promise<void> {
  writeConfig(home, config);
  await changeTarget(operator, '1', { kind: 'restore' });
  receiver.isPoison = () => false;
  await drain(drainer);
  await drain(drainer);
}

describeOnEachHome('a drain that is told to stop', (on) => {
  // A server takes longer for each of them.
  const drains =
    on.engine === 'SQLite'
      ? Object.entries(DRAINS)
      : someOf(DRAINS, "a worker's", 'one to a slow server');

  for (const [how, given] of drains) {
    for (const [what, { stop, reason }] of Object.entries(STOPS))
      it(`${what}, ${how}: at most the request on its way arrives`, async () => {
        const at = await scene(on, given);
        const { report, atStop } = await stopIn(at, given, stop);
        const { posts, accepted } = at.receiver;
        const onItsWay = given.isSlow === true ? 0 : 1;
        expect(posts.length, 'posts').to.be.within(1, atStop + onItsWay);
        if (report !== undefined) expect(report.blocked_reason).to.equal(reason);
        await on.assertInvariant(at.home);
        const before = posts.length;
        if (given.isWorker !== true) await drain(at.drainer).catch(() => undefined);
        expect(posts.length, 'posts of the next drain').to.equal(before);
        await goOn(at);
        expect([...accepted].sort(), 'everything, once').to.deep.equal(ids);
        await on.assertInvariant(at.home);
      });

    it(`redact, ${how}: the erased event is not sent again`, async () => {
      const at = await scene(on, given);
      const { atStop } = await stopIn(at, given, redact);
      const { posts, accepted } = at.receiver;
      const onItsWay = given.isSlow === true ? 0 : 1;
      const later = posts.slice(atStop + onItsWay).filter((post) => post.includes(ERASED));
      expect(later, 'posts with it').to.deep.equal([]);
      await goOn(at);
      expect(posts.slice(atStop + onItsWay).flat()).not.to.include(ERASED);
      expect(accepted.filter((id) => id !== ERASED).sort()).to.deep.equal(
        ids.filter((id) => id !== ERASED),
      );
      await on.assertInvariant(at.home);
    });
  }
});

describeOnEachHome('a mode that sends nothing', (on) => {
  for (const mode of ['LOCAL_RETENTION', 'OPT_OUT'] as const)
    it(`${mode}: neither a bare drain nor a named one nor a worker sends`, async () => {
      const at = await scene(on, { maxEvents: 10 });
      await changeMode(at.operator, { mode, headers: {} });
      const bare = await drain(at.drainer);
      expect(bare).to.include({ target_id: null, posts: 0, blocked_reason: null });
      expect(bare.message).to.contain(plainMode(mode));
      const options = {
        ignoreBackoff: true,
        waitForLock: true,
        signal: new AbortController().signal,
      };
      const named = await at.drainer.drain({ ...options, targetId: 1 });
      expect(named).to.include({ target_id: 1, posts: 0, blocked_reason: 'delivery_off' });
      expect(named).to.include({ unsent: EVENTS, held: 0 });
      expect(named.message).to.contain(plainMode(mode));
      const service = await givenService(at.home, ['--target', '1'], { env: at.env });
      await enqueue(service.queues, 'dispatch', { targetId: 1 });
      await runIdle(dispatchWorker, service);
      expect(at.receiver.posts).to.deep.equal([]);
      writeConfig(at.home, at.config);
      expect(await drain(at.drainer)).to.include({ delivered: EVENTS });
    });
});
