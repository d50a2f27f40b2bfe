import type { App } from './app.js';
import { type EventSelection, filterOf } from './event-selection.js';
import { targetInUse, targetsNamed, UnknownTargetNameError } from './named-target.js';
import { type RequeueOptions, type RequeueReport, requeueAt, withStores } from './requeue.js';

export interface ReplayOptions extends EventSelection, RequeueOptions {
  /** Name, id or address; the active target when absent. */
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
  const { target, ...rest } = options;
  const [report] = await replayAtEach(app, target === undefined ? [] : [target], rest);
  return report as ReplayReport;
}

/**
 * The same at each of these targets, in their order; at the active one when
 * there are none. Nothing is marked unless every target and event is known.
 *
 * @throws as `replayEvents`.
 */
export async function replayAtEach(
  app: App,
  names: readonly string[],
  options: Omit<ReplayOptions, 'target'>,
): Promise<ReplayReport[]> {
  const situation = await app.situation();
  return withStores(app, options.dryRun, async (stores) => {
    const targets =
      names.length > 0
        ? await targetsNamed(stores?.targets, situation, names)
        : [await targetInUse(stores?.targets, situation, undefined)];
    if (stores === undefined) throw new UnknownTargetNameError(String(targets[0]?.id));
    const filter = await filterOf(stores, options);
    const reports: ReplayReport[] = [];
    for (const target of targets) {
      const report = await requeueAt(app, stores, 'replay', target, filter, options);
      reports.push({ dry_run: options.dryRun === true, ...report });
    }
    return reports;
  });
}
