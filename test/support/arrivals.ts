import { App } from '../../src/app/app.js';
import type { EdgeRequest } from '../../src/edges/arrival.js';
import type { NewEvent } from '../../src/journal/new-event.js';
import { newEvent } from './events.js';

let requests = 0;

/** A request of one edge, new each time. */
export function edgeRequest(more: Partial<EdgeRequest> = {}): EdgeRequest {
  requests += 1;
  return {
    home: 'home-a',
    instance: 'first-copy',
    host: 'laptop',
    stream: 'hub',
    request: `request-${requests}`,
    sentAt: 5_000,
    newestAt: 4_000,
    name: null,
    receivedAt: 6_000,
    again: [],
    excluded: [],
    ...more,
  };
}

/** Events that came in one request, each under its number; ids are those of the numbers. */
export function arrived(
  numbers: readonly number[],
  request: EdgeRequest = edgeRequest(),
  prefix = `${request.home}-`,
): NewEvent[] {
  return numbers.map((number) => newEvent(`${prefix}${number}`, { arrival: { request, number } }));
}

/** Another home has sent to this one: its first number, and its third twice. */
export async function givenEdges(home: string, env: NodeJS.ProcessEnv = {}): Promise<void> {
  const app = new App({ home, env });
  const { journal } = await app.stores();
  await journal.append(arrived([1, 3]), 'capture');
  await journal.append(arrived([3]), 'capture');
  await app.close();
}
