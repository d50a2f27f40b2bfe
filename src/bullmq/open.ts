import type { Queues } from '../queue/ports.js';
import { type BullmqOptions, BullmqQueues } from './bullmq-queues.js';
import type { Engine, StoreNote } from './engine.js';
import { HomeQueues, type HomeQueuesParts } from './home-queues.js';
import type { QueuePlace } from './place.js';
import { PostgresEngine } from './postgres-engine.js';
import { RedisEngine } from './redis-engine.js';

/** What a home brings to its queues on BullMQ. */
export interface HomeParts extends Pick<HomeQueuesParts, 'isLocal' | 'file'>, BullmqOptions {
  /** Opens jobs.db; undefined where there is none and nothing is to be written. */
  openLocal(): Promise<Queues | undefined>;
}

/** Opens the queues of a home. @throws QueuePackageError, QueueStoreError, QueueSchemaError. */
export async function openHomeQueues(place: QueuePlace, parts: HomeParts): Promise<Queues> {
  const engine = await connect(place);
  try {
    const local = await parts.openLocal();
    return new HomeQueues({ ...parts, local, shared: new BullmqQueues(engine, parts) });
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** Makes the tables of a place that needs some, or brings them up to date; false where it needs none. */
export async function initQueues(place: QueuePlace): Promise<boolean> {
  if (place.kind === 'redis') return false;
  await PostgresEngine.migrate(place);
  return true;
}

/** What is to be known of a store. @throws as `openHomeQueues` does. */
export async function examineStore(place: QueuePlace): Promise<StoreNote[]> {
  const engine = await connect(place);
  try {
    return await engine.notes();
  } finally {
    await engine.close();
  }
}

const connect = (place: QueuePlace): Promise<Engine> =>
  place.kind === 'redis' ? RedisEngine.connect(place) : PostgresEngine.connect(place);
