import { type ArchiveReport, previewArchive, runArchive } from '../app/archive.js';
import { EXIT } from '../base/exit-codes.js';
import type { CommandBody } from './command.js';
import { withJobControl } from './job-control.js';
import { withApp } from './open-app.js';
import { bytes, count, Output } from './output.js';

/** `redrain archive`: move bytes into files that can be restored. */
export const run: CommandBody = (call) =>
  withApp(call, (app) => {
    const output = new Output(call.globals);
    const { yes, keepDays, includeUndelivered } = call.options;
    const request = {
      keepDays: keepDays as number | undefined,
      includeUndelivered: includeUndelivered === true,
    };
    return withJobControl(output, 'looked at', async (control, interrupt) => {
      const report = await (yes === true ? runArchive : previewArchive)(app, request, control);
      if (report.undelivered > 0) output.warn(warning(report));
      output.result(report, () => tell(report));
      return interrupt.exitCode() ?? EXIT.done;
    });
  });

function warning({ undelivered, dry_run }: ArchiveReport): string {
  return `${count(undelivered, 'event')} not delivered to every target ${dry_run ? 'would be' : 'were'} archived: no drain sends them until \`redrain restore ID --yes\` brings them back`;
}

function tell(report: ArchiveReport): string {
  const { dry_run, events, damaged, archives, directory } = report;
  const what = `${count(events, 'event')} (${bytes(report.bytes)})`;
  const lines = [
    dry_run
      ? `Would archive ${what} to ${directory}. Nothing was changed: --yes does it.`
      : `Archived ${what} in ${count(archives.length, 'file')} in ${directory}, read back and verified.`,
  ];
  for (const archive of archives)
    lines.push(`  ${archive.id}  ${count(archive.events, 'event')}  ${bytes(archive.bytes)}`);
  if (damaged > 0)
    lines.push(`${count(damaged, 'event')} left alone: damaged; \`redrain verify\` names them.`);
  if (events > 0)
    lines.push(
      dry_run
        ? 'Targets added later do not get archived events until `redrain restore ID --yes` brings them back.'
        : `Targets added later get them once they are restored: \`redrain restore ${archives.map(({ id }) => id).join(' ')} --yes\`.`,
    );
  return lines.join('\n');
}
