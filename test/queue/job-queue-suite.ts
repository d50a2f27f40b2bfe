import { describeAdding } from './suite/adding.js';
import { describeAttempts } from './suite/attempts.js';
import { GivenQueues, type QueueAdapter } from './suite/given-queues.js';
import { describeRunning } from './suite/running.js';
import { describeScheduling } from './suite/scheduling.js';
import { describeStore } from './suite/store.js';
import { describeTidying } from './suite/tidying.js';

/** The promises of `src/queue/ports.ts`, to be kept by every adapter unchanged. */
export function describeJobQueue(name: string, adapter: QueueAdapter): void {
  describe(`JobQueue on ${name}`, () => {
    const given = new GivenQueues();
    beforeEach(() => given.open(adapter));

    describeAdding(given);
    describeAttempts(given);
    describeTidying(given);
    describeRunning(given);
    describeScheduling(given);
    describeStore(given);
  });
}
