import { previewRestore, type RestoreReport, runRestore } from '../app/restore.js';
import type { CommandBody } from './command.js';
import { withCourse } from './course.js';
import { EXIT } from './exit-codes.js';
import { withApp } from './open-app.js';
import { count, Output } from './output.js';

/** `redrain restore FILE|ID…`: bring archives back. */
export const run: CommandBody = (call) =>
  withApp(call, (app) => {
    const output = new Output(call.globals);
    const act = call.options.yes === true ? runRestore : previewRestore;
    return withCourse(output, 'restored', async (course, interrupt) => {
      const report = await act(app, call.args, course);
      output.result(report, () => tell(report));
      const strangers = report.archives.some(({ unknown }) => unknown > 0);
      return interrupt.exitCode() ?? (strangers ? EXIT.badInput : EXIT.done);
    });
  });

function tell({ dry_run, archives }: RestoreReport): string {
  const lines = archives.flatMap((archive) => {
    const verb = dry_run ? 'would restore' : 'restored';
    const told = [`${archive.archive_id}: ${verb} ${count(archive.restored, 'event')}.`];
    if (archive.present > 0) told.push(`  ${count(archive.present, 'event')} already there.`);
    if (archive.redacted > 0)
      told.push(`  ${count(archive.redacted, 'event')} redacted: these never come back.`);
    if (archive.unknown > 0)
      told.push(`  ${count(archive.unknown, 'event')} not of this journal: left alone.`);
    return told;
  });
  if (dry_run) lines.push('Nothing was changed: --yes does it.');
  return lines.join('\n');
}
