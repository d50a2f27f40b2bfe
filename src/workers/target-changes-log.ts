import type { Logger } from 'pino';
import type { App } from '../app/app.js';
import type { WorkerMetrics } from './metrics.js';
import { ServedTargets } from './served-targets.js';

/** The targets of a worker whose log says once when one goes out of service, and when it is back. */
export function loggedTargets(
  app: App,
  given: readonly string[] | 'all',
  log: Logger,
  metrics: WorkerMetrics,
): ServedTargets {
  const targets = new ServedTargets(app, given, ({ shown, id, out }) => {
    const fields = { target: id ?? shown };
    if (out === undefined) log.info(fields, 'the target is in service');
    else log.warn({ ...fields, reason: out }, 'the target is out of service; others go on');
    const outs = targets.all.filter((one) => one.out !== undefined).length;
    metrics.targets(targets.all.length - outs, outs);
  });
  return targets;
}
