import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { QueuePlace } from '../../bullmq/place.js';
import { ConfigUnreadableError } from '../../config/document.js';
import { homeIdOf, keepHomeId } from '../../config/home-id.js';
import { LitequeQueues } from '../../queue/liteque-queue.js';
import type { Queues } from '../../queue/ports.js';
import type { App } from '../app.js';
import { isLocalQueue } from './queue-names.js';

/** The queues of the home, for whatever is to be done with them; the caller closes them. */
export async function openQueues(app: App): Promise<Queues> {
  const openLocal = () => LitequeQueues.open(app.paths.jobsDb, { clock: app });
  const place = await placeOfJobs(app);
  if (place === undefined) return openLocal();
  keepHomeId(app.paths);
  return openOn(app, place, openLocal);
}

/** Queues for reading; undefined when there is none yet. Changes nothing. */
export async function openQueuesToRead(app: App): Promise<Queues | undefined> {
  const open = () => LitequeQueues.openReadOnly(app.paths.jobsDb, { clock: app });
  const place = await placeOfJobs(app);
  return place === undefined ? open() : openOn(app, place, async () => open());
}

/**
 * Where the jobs are kept; undefined: in jobs.db alone. @throws QueueAddressError;
 * ConfigUnreadableError where they were elsewhere before, and nobody can tell.
 */
export async function placeOfJobs(app: App): Promise<QueuePlace | undefined> {
  const address = app.env.REDRAIN_QUEUE_URL?.trim() || (await configuredAddress(app));
  if (!address) return undefined;
  const { queuePlace } = await import('../../bullmq/place.js');
  return queuePlace(address, app.env, homeIdOf(app.paths));
}

async function configuredAddress(app: App): Promise<string | undefined> {
  const config = await app.readConfig();
  if (config.state !== 'unreadable') return config.settings.queueUrl;
  if (existsSync(storeFile(app))) throw new ConfigUnreadableError(config.path, config.reason);
  return undefined;
}

async function openOn(
  app: App,
  place: QueuePlace,
  openLocal: () => Promise<Queues | undefined>,
): Promise<Queues> {
  const { openHomeQueues } = await import('../../bullmq/open.js');
  const parts = { openLocal, isLocal: isLocalQueue, file: storeFile(app), clock: app };
  return openHomeQueues(place, parts);
}

/** Holds the id of the shared store that the home has worked with. */
const storeFile = ({ paths }: App): string => join(paths.state, 'jobs-store');
