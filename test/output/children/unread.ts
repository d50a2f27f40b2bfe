import { writeFileSync } from 'node:fs';
import { nonBlocking } from '../../../src/output/descriptor.js';
import { Outlet } from '../../../src/output/outlet.js';

/** Writes far more than anybody reads, and says in a file that it goes on. */
const [report = ''] = process.argv.slice(2);
const outlet = new Outlet(nonBlocking(1), { onFailure: 'keep', mostWaiting: 10_000_000 });
for (let n = 0; n < 10_000; n += 1) outlet.write(`${'x'.repeat(99)}\n`);
process.on('SIGTERM', () => {
  writeFileSync(report, JSON.stringify({ waiting: outlet.waiting, lost: outlet.lost }));
  process.exit(3);
});
writeFileSync(report, 'listening');
