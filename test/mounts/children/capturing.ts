/**
 * A program with the library that captures without end, some events at a time,
 * and says of each what became of it: `ID KIND`. It keeps its home open through
 * whatever happens to the disk. SIGTERM ends it in order.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { EventsLostError, openRedrain } from '../../../src/index.js';
import { TOGETHER } from '../together.js';

const [home = '', prefix = 'e', padding = '500'] = process.argv.slice(2);
const redrain = await openRedrain({ home, env: {} });
const pad = 'x'.repeat(Number(padding));
const goesOn = { now: true };
process.on('SIGTERM', () => {
  goesOn.now = false;
});

async function capture(id: string): Promise<void> {
  const kind = await redrain.capture({ event_id: id, event_type: 'T', pad }).then(
    (result) => result.kind,
    (error: Error) =>
      error instanceof EventsLostError && error.eventIds.includes(id) ? 'lost' : error.name,
  );
  process.stdout.write(`${id} ${kind}\n`);
}

for (let n = 0; goesOn.now; n += TOGETHER) {
  await Promise.all(Array.from({ length: TOGETHER }, (_, i) => capture(`${prefix}${n + i}`)));
  await delay(1);
}
await redrain.close();
