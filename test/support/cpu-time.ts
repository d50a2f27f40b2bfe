/** Milliseconds of CPU that `work` takes in this process: a busy machine makes them few more, where it multiplies the time by the clock. */
export function cpuMsOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
