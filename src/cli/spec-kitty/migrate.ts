import { migrate } from '../../app/spec-kitty/migrate.js';
import { EXIT, type ExitCode, worstOf } from '../../base/exit-codes.js';
import { grouped } from '../../base/grouped.js';
import type {
  CleanupReport,
  MigrationReport,
  RowCounts,
  SourceReport,
} from '../../spec-kitty/legacy/migration-report.js';
import { shortLine } from '../color.js';
import { type CommandBody, type DefineCommand, example, withApp } from '../command.js';
import { UsageError } from '../failure.js';
import { onInterrupt } from '../job-control.js';
import { count, Output } from '../output.js';
import { startProgress } from '../progress.js';
import { type Column, table } from '../table.js';

/** `redrain migrate`. */
export const define: DefineCommand = (command, run) => {
  command
    .description(
      'Import every event of the queue files that an earlier Spec Kitty left here. Works on copies; the files are not changed. Running it again imports what is new.',
    )
    .option('--dry-run', 'say what would be done; change nothing')
    .option('--cleanup', 'then rename files that are completely in the journal to *.migrated')
    .option('--yes', 'rename them; without it --cleanup only says what it would do')
    .addHelpText('after', example('redrain migrate --dry-run'))
    .action(run(runMigration));
};

interface MigrateOptions {
  readonly dryRun?: boolean;
  readonly cleanup?: boolean;
  readonly yes?: boolean;
}

const runMigration: CommandBody<MigrateOptions> = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const { dryRun, cleanup, yes } = call.options;
    if (yes === true && cleanup !== true)
      throw new UsageError('--yes belongs to --cleanup: an import needs no confirmation');
    const interrupt = onInterrupt(output, 'the file at hand');
    const progress = startProgress(output, 'old queue files:');
    try {
      const report = await migrate(app, {
        dryRun: dryRun === true,
        cleanup: cleanup === true ? (yes === true ? 'rename' : 'plan') : undefined,
        signal: interrupt.signal,
        progress: (done, _of, last) => progress.update(done, last.path),
      });
      progress.stop();
      output.result(report, () => reportText(report));
      return interrupt.exitCode() ?? exitCodeOf(report);
    } finally {
      progress.stop();
      interrupt.done();
    }
  });

function exitCodeOf(report: MigrationReport): ExitCode {
  const codes: ExitCode[] = [];
  if (report.open_conflicts > 0) codes.push(EXIT.conflict);
  if (report.sources.some(({ damage, error }) => damage !== null || error !== null))
    codes.push(EXIT.badInput);
  return worstOf(codes);
}

function reportText(report: MigrationReport): string {
  if (report.sources.length === 0 && report.skipped.length === 0)
    return 'There are no old queue files here.';
  return [
    ...(report.dry_run ? ['Nothing was changed: this is what `redrain migrate` would do.'] : []),
    ...(report.sources.length > 0 ? [sourcesTable(report.sources)] : []),
    ...report.sources.flatMap((source) => remarks(source)),
    ...report.skipped.map(({ path, reason }) => `skipped ${path}: ${reason}`),
    totalsText(report.totals),
    ...cleanupLines(report.cleanup),
    ...(report.interrupted ? ['Interrupted: the next run goes on where this one ended.'] : []),
    ...conflictLines(report),
    'What the old program delivered or dropped is not in its files: docs/spec-kitty.md says which.',
  ].join('\n');
}

function sourcesTable(sources: readonly SourceReport[]): string {
  return table(SOURCE_COLUMNS, sources);
}

const SOURCE_COLUMNS: readonly Column<SourceReport>[] = [
  {
    key: 'file',
    heading: 'FILE',
    value: ({ path }) => path,
    shrink: { how: 'middle', least: 14, isLast: true },
  },
  {
    key: 'state',
    heading: 'STATE',
    value: ({ status, damage }) => (damage === null ? status : `${status}, damaged`),
    shrink: { how: 'fold', least: 9 },
  },
  {
    key: 'belongs_to',
    heading: 'BELONGS TO',
    value: ownerText,
    shrink: { how: 'fold', least: 12 },
  },
  { key: 'read', heading: 'READ', value: (source) => source.rows_read },
  { key: 'new', heading: 'NEW', value: (source) => source.imported },
  { key: 'identical', heading: 'SAME', value: (source) => source.identical },
  { key: 'conflicting', heading: 'CONFLICTS', value: (source) => source.conflicting },
  { key: 'flagged', heading: 'FLAGGED', value: (source) => source.flagged },
];

function ownerText({ attribution, kind }: SourceReport): string {
  if (attribution !== null)
    return `${attribution.user ?? 'nobody'}, ${attribution.team ?? 'no team'}, ${attribution.server}`;
  return kind === 'legacy' ? 'nobody signed in' : 'unknown';
}

function remarks(source: SourceReport): string[] {
  const lines = [
    ...source.flags.map(
      ({ row_id, event_id, reason }) =>
        `row ${row_id} (${shortLine(event_id)}) will not be sent as it is: ${reason}`,
    ),
    ...source.warnings,
    ...[source.damage, source.error].filter((one) => one !== null),
  ];
  if (source.uncertain > 0)
    lines.push(`${count(source.uncertain, 'row')} cannot be trusted and stayed where they are`);
  if (source.flagged > source.flags.length)
    lines.push(`and ${source.flagged - source.flags.length} more flagged rows`);
  return lines.map((line) => `${source.path}: ${line}`);
}

function totalsText(totals: RowCounts): string {
  return `${count(totals.imported, 'event')} imported, ${grouped(totals.already_there)} imported before, ${grouped(totals.identical)} identical, ${grouped(totals.conflicting)} conflicting, ${grouped(totals.flagged)} flagged`;
}

function cleanupLines(cleanup: CleanupReport | null): string[] {
  if (cleanup === null) return [];
  const verb = cleanup.done ? 'renamed' : 'would rename';
  return [
    ...cleanup.renamed.map(({ path, renamed_to }) => `${verb} ${path} to ${renamed_to}`),
    ...cleanup.kept.map(({ path, reason }) => `kept ${path}: ${reason}`),
    ...(cleanup.done ? [] : ['Add --yes to rename them.']),
  ];
}

function conflictLines({ open_conflicts: open }: MigrationReport): string[] {
  if (open === 0) return [];
  return [`${count(open, 'conflict')} to decide: \`redrain conflicts list\``];
}
