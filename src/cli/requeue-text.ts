import type { RequeueReport } from '../app/requeue.js';
import { count } from './output.js';

/** What was requeued at one target, one line for each thing to know. */
export function requeueLines(report: RequeueReport, dryRun: boolean, verb: string): string[] {
  const { target_id, target_url, selected, in_flight, already_marked, not_live } = report;
  const will = dryRun ? 'would ' : '';
  const lines = [`target ${target_id} ${target_url}: ${will}${verb} ${count(selected, 'event')}`];
  if (already_marked > 0) lines.push(`  ${count(already_marked, 'event')} marked before already`);
  if (in_flight > 0) lines.push(`  ${count(in_flight, 'event')} on the wire: left alone`);
  for (const [name, events] of Object.entries(not_live))
    lines.push(`  ${count(events, 'event')} ${name}: ${WHY[name] ?? 'no longer selected'}`);
  return lines;
}

const WHY: Readonly<Record<string, string>> = {
  archived: '`redrain restore` brings the bytes back first',
  purged: 'the bytes are gone',
  redacted: 'the bytes were erased for good',
  replaced: 'another content took their place',
  coalesced: 'a newer event took their place',
};
