import { previewRedact, type RedactReport, runRedact } from '../app/redact.js';
import { EXIT, type ExitCode } from '../base/exit-codes.js';
import { grouped } from '../base/grouped.js';
import { shortLine } from './color.js';
import { type CommandBody, type DefineCommand, example, withApp } from './command.js';
import { UsageError } from './failure.js';
import { withJobControl } from './job-control.js';
import { bytes, count, Output } from './output.js';

/** `redrain redact EVENT --reason TEXT`: erase what should never have been captured. */
export const define: DefineCommand = (command, run) => {
  command
    .description(
      'Erase the bytes of one event, delivered or not: all revisions, and its copies in conflicts, audit log, archives, jobs, stub sinks, spool and recorded answers. Digest, reason and time stay. Exits with 7 and names the place when one could not be reached. Without --yes it only reports where its bytes are.',
    )
    .argument('<event-id>')
    .requiredOption('--reason <text>', 'why; kept for good')
    .option('--yes', 'do it; this cannot be undone')
    .addHelpText(
      'after',
      example('redrain redact 01KXDKC13SPEZK7YDHMV6YKW4H --reason "held a password" --yes'),
    )
    .action(run(redact));
};

interface RedactOptions {
  readonly reason: string;
  readonly yes?: boolean;
}

const redact: CommandBody<RedactOptions> = (call) =>
  withApp(call, (app) => {
    const output = new Output(call.globals);
    const [eventId = ''] = call.args;
    const reason = call.options.reason.trim();
    if (reason === '') throw new UsageError('--reason must say why: it is all that will be left');
    return withJobControl(output, 'redacted', async (control) => {
      const report = await (call.options.yes === true
        ? runRedact(app, eventId, reason, control.signal)
        : previewRedact(app, eventId));
      output.result(report, () => tell(report));
      return exitCodeOf(report);
    });
  });

/** Not done while any place still holds the event. */
export function exitCodeOf({ dry_run, remains }: RedactReport): ExitCode {
  return dry_run || remains.length === 0 ? EXIT.done : EXIT.failures;
}

function tell(report: RedactReport): string {
  const { dry_run, event_id, revisions } = report;
  const lines = [
    `${dry_run ? 'Would erase' : 'Erased'} ${bytes(report.bytes)} of event ${shortLine(event_id)} (${count(revisions, 'revision')}). Digest, reason and time are kept.`,
    ...copiesOf(report),
  ];
  if (report.earlier_reason !== null)
    lines.push(
      `It was redacted before; the reason on record stays: ${shortLine(report.earlier_reason)}`,
    );
  for (const target of report.seen_by)
    if (!isSink(target.canonical_url))
      lines.push(
        `${target.target_name} (${target.canonical_url}) ${target.in_flight === 1 ? 'is being given it now' : `may have it (${target.status})`}: redrain cannot erase it there.`,
      );
  for (const place of report.remains)
    lines.push(`${dry_run ? 'Would not reach' : 'NOT ERASED'}: ${place}`);
  if (dry_run) lines.push('Nothing was changed: --yes does it.');
  return lines.join('\n');
}

/** One line for each place that had it. */
function copiesOf(report: RedactReport): string[] {
  const { conflict_copies, audit_copies, answers, archives, elsewhere } = report;
  const places: [number, string][] = [
    [conflict_copies, 'in conflict records'],
    [audit_copies, 'in the audit log'],
    [answers, 'in recorded answers and errors of targets'],
    ...elsewhere.map(({ place, copies }): [number, string] => [copies, `in ${place}`]),
  ];
  return [
    ...places.filter(([n]) => n > 0).map(([n, where]) => `  and ${copies(n)} ${where}`),
    ...archives.map((id) => `  and its bytes in ${id}`),
  ];
}

/** Stub sinks are in the home: they are erased with the rest. */
const isSink = (url: string): boolean => url.startsWith('stub:');

function copies(n: number): string {
  return n === 1 ? '1 copy' : `${grouped(n)} copies`;
}
