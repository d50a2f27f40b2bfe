/** Preload for `node --import`: leaves what the process used of CPU, in microseconds, in a file. */
import { writeFileSync } from 'node:fs';

process.once('exit', () => {
  const file = process.env.REDRAIN_BENCH_CPU_FILE;
  if (file === undefined) return;
  const { user, system } = process.cpuUsage();
  writeFileSync(file, String(user + system));
});
