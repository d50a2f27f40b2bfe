import { previewRestore, type RestoreReport, runRestore } from '../app/restore.js';
import { EXIT, type ExitCode, worstOf } from '../base/exit-codes.js';
import type { Restored } from '../retention/restoring.js';
import { type CommandBody, type DefineCommand, example, withApp } from './command.js';
import { withJobControl } from './job-control.js';
import { count, Output } from './output.js';

/** `redrain restore FILE|ID…`: restore archived events. */
export const define: DefineCommand = (command, run) => {
  command
    .description(
      'Restore the payload bytes of archived events exactly as they were. Targets that never had them receive them. Without --yes it only checks the archive and reports what would be restored.',
    )
    .argument('<archives...>', 'ids, or paths of manifests or data files')
    .option(
      '--add-missing',
      'also add events that this journal never had, as under an older journal; targets receive them again',
    )
    .option('--yes', 'do it')
    .addHelpText('after', example('redrain restore archive-20260101T030000000Z-1-0a1b2c3d --yes'))
    .action(run(restore));
};

interface RestoreOptions {
  readonly addMissing?: boolean;
  readonly yes?: boolean;
}

const restore: CommandBody<RestoreOptions> = (call) =>
  withApp(call, (app) => {
    const output = new Output(call.globals);
    const act = call.options.yes === true ? runRestore : previewRestore;
    return withJobControl(output, 'restored', async (control, interrupt) => {
      const addMissing = call.options.addMissing === true;
      const report = await act(app, call.args, control, addMissing);
      output.result(report, () => tell(report));
      return interrupt.exitCode() ?? worstOf(codesOf(report));
    });
  });

function codesOf({ archives }: RestoreReport): ExitCode[] {
  return archives.flatMap(({ unknown, conflicts }) => [
    ...(unknown > 0 ? [EXIT.badInput] : []),
    ...(conflicts > 0 ? [EXIT.conflict] : []),
  ]);
}

function tell({ dry_run, archives }: RestoreReport): string {
  const lines = archives.flatMap((archive) => {
    const verb = dry_run ? 'would restore' : 'restored';
    const told = [`${archive.archive_id}: ${verb} ${count(archive.restored, 'event')}.`];
    if (archive.present > 0) told.push(`  ${count(archive.present, 'event')} already there.`);
    if (archive.redacted > 0)
      told.push(`  ${count(archive.redacted, 'event')} redacted: these cannot be restored.`);
    return [...told, ...tellStrangers(archive, dry_run)];
  });
  if (dry_run) lines.push('Nothing was changed: --yes does it.');
  return lines.join('\n');
}

function tellStrangers(archive: Restored, dryRun: boolean): string[] {
  const { archive_id, added, conflicts, unknown } = archive;
  const would = dryRun ? 'would be ' : '';
  const told: string[] = [];
  if (added > 0)
    told.push(
      `  ${count(added, 'event')} ${would}added, which this journal never had: nothing says where they have been, so every target gets them (again).`,
    );
  if (conflicts > 0)
    told.push(
      `  ${count(conflicts, 'event')} ${would}kept as conflicts: the journal has other bytes under their ids; \`redrain conflicts list\`.`,
    );
  if (unknown > 0)
    told.push(
      `  ${count(unknown, 'event')} not of this journal: left alone, and still in the archive. \`redrain restore ${archive_id} --add-missing --yes\` adds them; targets get them again.`,
    );
  return told;
}
