import type { App } from '../app/app.js';
import { activeGap, type TargetGap } from '../app/undelivered.js';
import type { ResetSignalRecord } from '../dispatch/ports.js';
import { count } from './output.js';

/** A reset is advice: only the operator knows whether the events are to go out again. */
export function resetAdvice(name: string, signal: ResetSignalRecord): string {
  const { field, before, after } = signal;
  return (
    `${name}: ${field} changed from ${before} to ${after}: the server may have lost what it had. ` +
    `\`redrain replay --target ${name}\` sends everything again, \`redrain targets ack ${name}\` says that nothing was lost.`
  );
}

/** Events a target can get only after a restore, or never. */
export function goneLines({ undelivered, archives }: TargetGap): string[] {
  const { archived, purged } = undelivered;
  const lines: string[] = [];
  if (archived > 0) {
    const way = archives.command === null ? '' : `: \`${archives.command}\` brings them back`;
    lines.push(`${count(archived, 'event')} only in an archive, never given to this target${way}`);
  }
  if (purged > 0)
    lines.push(`${count(purged, 'event')} purged before this target had them: they cannot be sent`);
  return lines;
}

/** The same of the target in force, for commands that choose it; trouble with the journal is `doctor`'s to tell. */
export async function goneAtActive(app: App): Promise<string[]> {
  const gap = await activeGap(app).catch(() => undefined);
  return gap === undefined ? [] : goneLines(gap);
}
