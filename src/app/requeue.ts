import type { EventFilter } from '../journal/event-filter.js';
import type { RequeueCounts, RequeueKind, RequeueRequest } from '../ledger/requeue.js';
import type { Stores } from '../stores.js';
import type { TargetRecord } from '../targets/registry.js';
import type { App } from './app.js';

/** What was requeued at one target, or would be. */
export interface RequeueReport extends RequeueCounts {
  readonly target_id: number;
  readonly target_name: string;
  readonly target_url: string;
}

export interface RequeueOptions {
  readonly dryRun?: boolean | undefined;
  onProgress?(done: number): void;
}

/** The same pages for the dry run and the act: what is counted is what is marked. */
export async function requeueAt(
  app: App,
  stores: Stores,
  kind: RequeueKind,
  target: TargetRecord,
  filter: EventFilter,
  options: RequeueOptions & Pick<RequeueRequest, 'cause'>,
): Promise<RequeueReport> {
  const { cause } = options;
  const request = { kind, targetId: target.id, filter, cause, now: app.now() };
  const counts =
    options.dryRun === true
      ? await stores.requeue.count(request)
      : await stores.requeue.requeue(request, (done) => options.onProgress?.(done));
  const { id, name, canonicalUrl } = target;
  return { target_id: id, target_name: name, target_url: canonicalUrl, ...counts };
}

/** Runs on stores for reading only for a dry run. Requeueing needs a journal to be there and makes none. */
export async function withStores<T>(
  app: App,
  dryRun: boolean | undefined,
  work: (stores: Stores | undefined) => Promise<T>,
): Promise<T> {
  return dryRun === true ? app.readingStores(work) : work(await app.storesIfAny());
}
