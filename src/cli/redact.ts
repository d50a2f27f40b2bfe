import { previewRedact, type RedactReport, runRedact } from '../app/redact.js';
import { shortLine } from './color.js';
import type { CommandBody } from './command.js';
import { withCourse } from './course.js';
import { EXIT } from './exit-codes.js';
import { UsageError } from './failure.js';
import { withApp } from './open-app.js';
import { bytes, count, Output } from './output.js';

/** `redrain redact EVENT --reason TEXT`: erase what should never have been captured. */
export const run: CommandBody = (call) =>
  withApp(call, (app) => {
    const output = new Output(call.globals);
    const [eventId = ''] = call.args;
    const reason = String(call.options.reason ?? '').trim();
    if (reason === '') throw new UsageError('--reason must say why: it is all that will be left');
    return withCourse(output, 'redacted', async (course) => {
      const report =
        call.options.yes === true
          ? await runRedact(app, eventId, reason, course.signal)
          : previewRedact(app, eventId);
      output.result(report, () => tell(report));
      return EXIT.done;
    });
  });

function tell(report: RedactReport): string {
  const { dry_run, event_id, archives } = report;
  const lines = [
    `${dry_run ? 'Would erase' : 'Erased'} ${bytes(report.bytes)} of event ${shortLine(event_id)} (${count(report.revisions, 'revision')}). Digest, reason and time are kept.`,
  ];
  if (report.conflict_copies > 0)
    lines.push(`  and ${copies(report.conflict_copies)} in conflict records`);
  if (report.audit_copies > 0) lines.push(`  and ${copies(report.audit_copies)} in the audit log`);
  for (const id of archives) lines.push(`  and its bytes in ${id}`);
  if (report.earlier_reason !== null)
    lines.push(
      `It was redacted before; the reason on record stays: ${shortLine(report.earlier_reason)}`,
    );
  for (const target of report.seen_by)
    lines.push(
      `Target ${target.target_id} ${target.canonical_url} ${target.in_flight === 1 ? 'is being given it now' : `may have it (${target.status})`}: it cannot be taken back from there.`,
    );
  for (const place of report.remains) lines.push(`May still hold it: ${place}`);
  if (dry_run) lines.push('Nothing was changed: --yes does it.');
  return lines.join('\n');
}

function copies(n: number): string {
  return n === 1 ? '1 copy' : `${n.toLocaleString('en')} copies`;
}
