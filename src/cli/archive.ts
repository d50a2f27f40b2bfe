import { type ArchiveReport, previewArchive, runArchive } from '../app/archive.js';
import { EXIT } from '../base/exit-codes.js';
import { type CommandBody, type DefineCommand, example, withApp } from './command.js';
import { withJobControl } from './job-control.js';
import { days } from './option-values.js';
import { bytes, count, Output } from './output.js';

/** `redrain archive`: move payload bytes into files that can be restored. */
export const define: DefineCommand = (command, run) => {
  command
    .description(
      'Write the events that gc would purge to gzip files with a manifest, read them back, and only then delete their bytes. Without --yes it only reports what would be archived.',
    )
    .option('--keep-days <n>', 'leave what was captured in the last n days', days)
    .option('--include-undelivered', 'also events that some target lacks: they are no longer sent')
    .option('--yes', 'do it')
    .addHelpText('after', example('redrain archive --keep-days 90 --yes'))
    .action(run(archive));
};

interface ArchiveOptions {
  readonly keepDays?: number;
  readonly includeUndelivered?: boolean;
  readonly yes?: boolean;
}

const archive: CommandBody<ArchiveOptions> = (call) =>
  withApp(call, (app) => {
    const output = new Output(call.globals);
    const { yes, keepDays, includeUndelivered } = call.options;
    const request = {
      keepDays,
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
  return `${count(undelivered, 'event')} not delivered to every target ${dry_run ? 'would be' : 'were'} archived: no drain sends them until \`redrain restore ID --yes\` restores them`;
}

function tell(report: ArchiveReport): string {
  const { dry_run, events, damaged, archives } = report;
  const lines = [archived(report)];
  for (const { id, events: moved, bytes: size } of archives)
    lines.push(`  ${id}  ${count(moved, 'event')}  ${bytes(size)}`);
  if (damaged > 0)
    lines.push(`${count(damaged, 'event')} left alone: damaged; \`redrain verify\` names them.`);
  if (events > 0)
    lines.push(
      dry_run
        ? 'Targets added later do not get archived events until `redrain restore ID --yes` restores them.'
        : `Targets added later get them once they are restored: \`redrain restore ${archives.map(({ id }) => id).join(' ')} --yes\`.`,
    );
  return lines.join('\n');
}

function archived({ dry_run, events, bytes: size, archives, directory }: ArchiveReport): string {
  if (events === 0) return 'Nothing to archive.';
  const what = `${count(events, 'event')} (${bytes(size)})`;
  return dry_run
    ? `Would archive ${what} to ${directory}. Nothing was changed: --yes does it.`
    : `Archived ${what} in ${count(archives.length, 'file')} in ${directory}, read back and verified.`;
}
