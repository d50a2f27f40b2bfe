import { type GcReport, previewGc, runGc } from '../app/gc.js';
import { EXIT } from '../base/exit-codes.js';
import { type CommandBody, type DefineCommand, example, withApp } from './command.js';
import { withJobControl } from './job-control.js';
import { days } from './option-values.js';
import { bytes, count, Output } from './output.js';

/** `redrain gc`: delete payload bytes that every target has. */
export const define: DefineCommand = (command, run) => {
  command
    .description(
      'Delete the payload bytes of events that every known target has, and of coalesced ones. Ids, digests and the whole ledger stay. Targets that are added later do not receive these events. Without --yes it only reports what would be deleted.',
    )
    .option('--keep-days <n>', 'keep what was captured in the last n days', days)
    .option('--vacuum', 'return free space to the file system, and say how much')
    .option('--yes', 'do it; this cannot be undone')
    .addHelpText('after', example('redrain gc --keep-days 30 --vacuum --yes'))
    .action(run(gc));
};

interface GcOptions {
  readonly keepDays?: number;
  readonly vacuum?: boolean;
  readonly yes?: boolean;
}

const gc: CommandBody<GcOptions> = (call) =>
  withApp(call, (app) => {
    const output = new Output(call.globals);
    const { yes, keepDays, vacuum } = call.options;
    const request = { keepDays: keepDays, vacuum: vacuum === true };
    return withJobControl(output, 'looked at', async (control, interrupt) => {
      const report = await (yes === true ? runGc : previewGc)(app, request, control);
      if (report.vacuum_error !== null)
        output.warn(
          `the file was not made smaller, and nothing is lost: ${report.vacuum_error}; make room, or name a directory with room in SQLITE_TMPDIR, and run \`redrain gc --vacuum --yes\` again`,
        );
      output.result(report, () => tell(report, request.vacuum));
      return interrupt.exitCode() ?? (report.vacuum_error === null ? EXIT.done : EXIT.failures);
    });
  });

function tell(report: GcReport, wantsVacuum: boolean): string {
  const { dry_run, events, coalesced, damaged } = report;
  const lines = [purged(report)];
  if (events > 0) lines.push(forLater(dry_run));
  if (coalesced > 0)
    lines.push(`${count(coalesced, 'event')} of these were coalesced, never sent.`);
  if (damaged > 0)
    lines.push(`${count(damaged, 'event')} left alone: damaged; \`redrain verify\` names them.`);
  if (report.vacuum !== null)
    lines.push(
      `The file shrank from ${bytes(report.vacuum.before_bytes)} to ${bytes(report.vacuum.after_bytes)}: ${bytes(Math.max(0, report.vacuum.won_bytes))} freed.`,
    );
  else if (wantsVacuum && report.vacuum_error === null)
    lines.push(`--vacuum would free at least ${bytes(report.free_bytes)}.`);
  else if (!dry_run && report.free_bytes > 0)
    lines.push(`${bytes(report.free_bytes)} are unused: --vacuum frees them.`);
  return lines.join('\n');
}

function purged({ dry_run, events, bytes: size }: GcReport): string {
  if (events === 0) return 'Nothing to purge.';
  const what = `the payload bytes of ${count(events, 'event')} (${bytes(size)})`;
  return dry_run
    ? `Would purge ${what}. Every target has them; nothing was changed: --yes does it.`
    : `Purged ${what}. Ids, digests and the whole ledger are kept.`;
}

/** Said before, when it still helps, and after. */
const forLater = (isBefore: boolean): string =>
  isBefore
    ? 'Targets added later will not get these events, and purged bytes cannot be restored: `redrain archive` keeps a copy that can.'
    : 'Targets added later will not get these events: purged bytes cannot be restored.';
