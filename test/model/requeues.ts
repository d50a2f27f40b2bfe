import { expect } from 'chai';
import { replayEvents } from '../../src/app/replay.js';
import { retryEvents } from '../../src/app/retry.js';
import { changeTarget } from '../../src/app/target-changes.js';
import type { Requeue, ServerName } from './commands.js';
import type { SeenTarget } from './observed.js';
import type { Setting } from './setting.js';
import type { KnownTarget } from './target-model.js';

/** At every target in use. */
export async function retry(at: Setting, { nth }: Requeue): Promise<void> {
  const { model, home, mortality } = at;
  const event = nth === null ? undefined : model.pick(nth);
  await at.tried(retryEvents(home.app, event === undefined ? {} : { events: [event.id] }));
  const seen = await home.observer.look();
  const isDue = (target: string) => (seq: number) =>
    !mortality.isDead || isDueAt(seen.targets[target], seq, model.now);
  for (const [name, target] of model.targets) {
    if (target.retired) continue;
    const retried = model
      .live(event === undefined ? target.deliveries.keys() : model.seqsOf(event.id))
      .filter((seq) => target.mayBeRetried(seq))
      .filter(isDue(name));
    for (const seq of retried) target.retry(seq, model.now);
  }
}

function isDueAt(seen: SeenTarget | undefined, seq: number, now: number): boolean {
  const delivery = seen?.deliveries[seq];
  return delivery?.status !== 'terminal_failed' && delivery?.due === now;
}

/** At the active target, which has to be known and in use. */
export async function replay(at: Setting, { nth }: Requeue): Promise<void> {
  const { model, home, mortality } = at;
  const event = nth === null ? undefined : model.pick(nth);
  const naming = event === undefined ? {} : { events: [event.id] };
  const refusals = ['UnknownTargetNameError', 'RetiredTargetError'];
  const report = await at.tried(replayEvents(home.app, naming), ...refusals);
  const target = activeTarget(at);
  if (!mortality.isDead) expect(report !== undefined, 'a replay').to.equal(target !== undefined);
  if (target === undefined) return;
  const isMarked = await at.happened(({ targets }) => {
    const marked = new Set(targets[model.server ?? '']?.replayed);
    return (seq) => marked.has(seq);
  });
  const replayed = model
    .live(event === undefined ? target.deliveries.keys() : model.seqsOf(event.id))
    .filter((seq) => target.mayBeReplayed(seq))
    .filter(isMarked);
  for (const seq of replayed) target.replayed.add(seq);
}

function activeTarget({ model }: Setting): KnownTarget | undefined {
  const target = model.server === null ? undefined : model.targets.get(model.server);
  return target?.retired === false ? target : undefined;
}

/** Takes a target out of use, or back; one that nobody ever drained to is not there. */
export async function retire(at: Setting, name: ServerName, retired: boolean): Promise<void> {
  const id = (await at.home.observer.targetIds()).get(name);
  if (id === undefined) return;
  await at.tried(changeTarget(at.home.app, `${id}`, { kind: retired ? 'retire' : 'restore' }));
  const isDone = await at.happened(
    ({ targets }) =>
      () =>
        targets[name]?.retired === retired,
  );
  if (isDone(id)) at.model.target(name).retired = retired;
}
