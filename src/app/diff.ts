import type { ListedEvent } from '../reports/event-list.js';
import type { DifferencePage } from '../reports/reports.js';
import type { TargetRecord } from '../targets/registry.js';
import type { App } from './app.js';
import { type EventSelection, filterOf } from './event-selection.js';
import { namedTarget, UnknownTargetNameError } from './named-target.js';
import { newStartOf, permissionAt } from './target-permission.js';

export interface DiffOptions extends EventSelection {
  /** Most events that are named; `count` is whole. 100 when absent. */
  readonly limit?: number | undefined;
  /** Begin behind this sequence number. */
  readonly after?: number | undefined;
  /** Milliseconds that the comparison may take; without end when absent. */
  readonly budgetMs?: number | undefined;
}

export interface DiffReport {
  readonly a: DiffSide;
  readonly b: DiffSide;
  /** Events delivered to A and not to B. */
  readonly count: number;
  /** False when the time was used up before the whole journal was compared: `count` is of a part. */
  readonly is_whole: boolean;
  /** The sequence number up to which the journal was compared then; null when it was compared as a whole. */
  readonly looked_up_to: number | null;
  /** The first of them in journal order; `state` is what they are at B. */
  readonly events: readonly ListedEvent[];
}

interface DiffSide {
  readonly target_id: number;
  readonly target_name: string;
  readonly target_url: string;
}

const DEFAULT_LIMIT = 100;

/**
 * What A has and B has not; each side is a name, an id or an address. Changes nothing.
 *
 * @throws UnknownTargetNameError, UnknownEventError.
 */
export function diffTargets(
  app: App,
  a: string,
  b: string,
  options: DiffOptions = {},
): Promise<DiffReport> {
  return app.reading(async ({ situation, stores }) => {
    const from = await namedTarget(stores?.targets, situation, a);
    const to = await namedTarget(stores?.targets, situation, b);
    if (stores === undefined) throw new UnknownTargetNameError(a);
    const query = {
      targetId: from.id,
      filter: await filterOf(stores, options),
      permission: permissionAt(situation, { record: to }),
      newStart: await newStartOf(stores.targets, situation, app.now(), { record: to }),
      after: options.after,
    };
    const pages = stores.reports.differingEvents(query, to.id);
    return { a: side(from), b: side(to), ...(await counted(pages, options)) };
  });
}

async function counted(
  pages: AsyncIterable<DifferencePage>,
  { limit = DEFAULT_LIMIT, budgetMs = Number.POSITIVE_INFINITY }: DiffOptions,
): Promise<Pick<DiffReport, 'count' | 'is_whole' | 'looked_up_to' | 'events'>> {
  const deadline = performance.now() + budgetMs;
  const events: ListedEvent[] = [];
  let count = 0;
  for await (const page of pages) {
    count += page.events.length;
    events.push(...page.events.slice(0, limit - events.length));
    if (performance.now() >= deadline)
      return { count, is_whole: false, looked_up_to: page.upTo, events };
  }
  return { count, is_whole: true, looked_up_to: null, events };
}

const side = ({ id, name, canonicalUrl }: TargetRecord): DiffSide => ({
  target_id: id,
  target_name: name,
  target_url: canonicalUrl,
});
