import type { Stores } from '../stores.js';
import type { TargetRecord } from '../targets/registry.js';
import type { App } from './app.js';
import { namedTarget } from './named-target.js';

/** What an operator may say of a target. */
export type TargetChange =
  /** An empty text takes the label away. */
  | { readonly kind: 'label'; readonly label: string }
  | { readonly kind: 'ack' }
  | { readonly kind: 'retire' }
  | { readonly kind: 'restore' };

/**
 * Changes one target, named by name, id or address, and returns it as it is now.
 * Nothing here sends, deletes or requeues anything.
 *
 * @throws UnknownTargetNameError
 */
export async function changeTarget(
  app: App,
  given: string,
  change: TargetChange,
): Promise<TargetRecord> {
  // A journal is not made just to find that it holds no target.
  const stores = await app.storesIfAny();
  const situation = await app.situation();
  const target = await namedTarget(stores?.targets, situation, given);
  await apply(app, stores as Stores, target.id, change);
  return namedTarget(stores?.targets, situation, String(target.id));
}

async function apply(app: App, { targets }: Stores, id: number, change: TargetChange) {
  switch (change.kind) {
    case 'label':
      return targets.label(id, change.label.trim() || null);
    case 'ack':
      return targets.acknowledge(id);
    case 'retire':
      return targets.retire(id, app.now());
    case 'restore':
      return targets.restore(id);
  }
}
