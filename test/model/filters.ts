import { passesTypes } from '../../src/policy/type-filter.js';
import { type Filter, TYPES } from './commands.js';
import type { Setting } from './setting.js';

/** As `targets set NAME types=…` does it at a known target. */
export async function changeTypes(
  at: Setting,
  { server, types }: Filter & { do: 'types' },
): Promise<void> {
  const { model, home } = at;
  if (!(await home.observer.targetIds()).has(server)) return;
  model.types.set(server, types);
  model.target(server).unwanted = new Set(TYPES.filter((type) => !passesTypes(types, type)));
  at.configure();
}

/** The event where a known target starts; killed, it is where the target says it is. */
export async function changeStart(
  at: Setting,
  { server, at: nth }: Filter & { do: 'from' },
): Promise<void> {
  const { model, home } = at;
  const id = (await home.observer.targetIds()).get(server);
  if (id === undefined) return;
  const { targets } = await home.app.stores();
  const head = model.events.length;
  await at.tried(targets.startAt(id, nth % (head + 2), model.now));
  const live = model.events.filter(({ eventClass }) => eventClass === 'live');
  model.target(server).startAt(await home.observer.startOf(id), live);
}
