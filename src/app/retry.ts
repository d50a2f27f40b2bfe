import type { Stores } from '../stores.js';
import type { TargetRecord } from '../targets/registry.js';
import type { App } from './app.js';
import { type EventSelection, filterOf } from './event-selection.js';
import { targetsNamed } from './named-target.js';
import { type RequeueOptions, type RequeueReport, requeueAt, withStores } from './requeue.js';
import type { Situation } from './situation.js';

export interface RetryOptions extends EventSelection, RequeueOptions {
  /** Name, id or address, or several; every target that is not retired when absent. */
  readonly target?: string | readonly string[] | undefined;
  /** Only what failed for this cause: a text of `causes` in `status`, or the error of an event. */
  readonly cause?: string | undefined;
}

/** What a retry made due, or would make due. */
export interface RetryReport {
  readonly dry_run: boolean;
  /** Over all targets. */
  readonly selected: number;
  readonly targets: readonly RequeueReport[];
}

/**
 * Makes deliveries that failed for good, were rejected or ended transient due
 * now. Their errors and counts are kept. Sends nothing:
 * the next drain does.
 *
 * @throws UnknownTargetNameError, RetiredTargetError, UnknownEventError.
 */
export async function retryEvents(app: App, options: RetryOptions = {}): Promise<RetryReport> {
  const situation = await app.situation();
  return withStores(app, options.dryRun, async (stores) => {
    const targets = await wantedTargets(stores, situation, options.target);
    const reports: RequeueReport[] = [];
    const filter = await filterOf(stores, options);
    for (const target of targets)
      if (stores) reports.push(await requeueAt(app, stores, 'retry', target, filter, options));
    const selected = reports.reduce((sum, report) => sum + report.selected, 0);
    return { dry_run: options.dryRun === true, selected, targets: reports };
  });
}

async function wantedTargets(
  stores: Stores | undefined,
  situation: Situation,
  given: RetryOptions['target'],
): Promise<TargetRecord[]> {
  const names = [given ?? []].flat();
  if (names.length > 0) return targetsNamed(stores?.targets, situation, names);
  return ((await stores?.targets.list()) ?? []).filter(({ retiredAt }) => retiredAt === null);
}
