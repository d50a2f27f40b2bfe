/** Preload for `node --import`: leaves the peak memory of the process, in KiB, in a file. */
import { writeFileSync } from 'node:fs';

process.once('exit', () => {
  const file = process.env.REDRAIN_BENCH_PEAK_FILE;
  if (file !== undefined) writeFileSync(file, String(process.resourceUsage().maxRSS));
});
