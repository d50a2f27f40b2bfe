import { readFileSync } from 'node:fs';

/** Milliseconds of work of one clock tick, as Linux counts the time of a process. */
export const TICK_MS = 10;

/** Milliseconds that a process has worked; those in which others had the machine are not in it. Linux. */
export function workedMs(pid: number): number {
  // The name of the program, which stands in brackets before, may have blanks.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Bytes of memory that a process holds. Linux. */
export const residentBytes = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
