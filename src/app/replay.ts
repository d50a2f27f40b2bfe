import type { App } from './app.js';
import { type EventSelection, filterOf } from './event-selection.js';
import { targetInUse, UnknownTargetNameError } from './named-target.js';
import { type RequeueOptions, type RequeueReport, requeueAt, withStores } from './requeue.js';

export interface ReplayOptions extends EventSelection, RequeueOptions {
  /** Id or address; the active target when absent. */
  readonly target?: string | undefined;
}

/** What a replay marked, or would mark: `selected` go out again in a new generation. */
export interface ReplayReport extends RequeueReport {
  readonly dry_run: boolean;
}

/**
 * Marks delivered events of one target to be delivered again. Sends nothing:
 * the next drain does. What is archived, purged or redacted cannot be
 * replayed and is counted under `not_live`.
 *
 * @throws UnknownTargetNameError, RetiredTargetError, UnknownEventError.
 */
export async function replayEvents(app: App, options: ReplayOptions = {}): Promise<ReplayReport> {
  const situation = await app.situation();
  return withStores(app, options.dryRun, async (stores) => {
    const target = await targetInUse(stores?.targets, situation, options.target);
    if (stores === undefined) throw new UnknownTargetNameError(String(target.id));
    const filter = await filterOf(stores, options);
    const report = await requeueAt(app, stores, 'replay', target, filter, options);
    return { dry_run: options.dryRun === true, ...report };
  });
}
