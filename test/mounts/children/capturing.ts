/**
 * A program with the library that captures without end, some events at a time,
 * and says of each what became of it: `ID KIND`. It keeps its home open through
 * whatever happens to the disk. SIGTERM ends it in order.
 */
import { writeSync } from 'node:fs';
import { EventsLostError, openRedrain } from '../../../src/index.js';

const [home = '', prefix = 'e', padding = '500', together = '3'] = process.argv.slice(2);
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
  writeSync(1, `${id} ${kind}\n`);
}

for (let n = 0; goesOn.now; n += Number(together)) {
  await Promise.all(
    Array.from({ length: Number(together) }, (_, i) => capture(`${prefix}${n + i}`)),
  );
  await new Promise((resolve) => setImmediate(resolve));
}
await redrain.close();
