import type { App } from '../app/app.js';
import { EXIT, type ExitCode, worstOf } from '../base/exit-codes.js';
import { grouped } from '../base/grouped.js';
import { settingsOf } from '../config/document.js';
import { CaptureSummary } from '../journal/capture-summary.js';
import { type EnvelopeRules } from '../journal/envelope.js';
import type { Candidate } from '../journal/input/candidate.js';
import { readEvents } from '../journal/input/read-events.js';
import { findSources, type InputSource } from '../journal/input/sources.js';
import { checkoutOf } from '../policy/checkout-of.js';
import { oneLine } from './color.js';
import { type CommandBody, type DefineCommand, example, withApp } from './command.js';
import { count, Output } from './output.js';
import { startProgress } from './progress.js';

/** `redrain capture`: files, globs or stdin into the journal. */
export const define: DefineCommand = (command, run) => {
  command
    .description(
      'Write events into the journal: JSON objects, arrays, JSON Lines or CloudEvents, from files, globs or stdin. The exact bytes are kept. Returns only when everything is on disk.',
    )
    .argument('[files...]', 'files or globs; - or none is stdin')
    .option('--type <type>', 'event type of those that carry none')
    .option('--id-field <path>', 'where the events keep their id')
    .option('--type-field <path>', 'where the events keep their type')
    .option('--time-field <path>', 'where the events keep their time')
    .option(
      '--audit-discard',
      'in the mode discard: keep what may not be discarded in the audit log',
    )
    .addHelpText('after', example('redrain capture --type OrderPlaced logs/*.jsonl'))
    .action(run(capture));
};

interface CaptureOptions {
  readonly type?: string;
  readonly idField?: string;
  readonly typeField?: string;
  readonly timeField?: string;
  readonly auditDiscard?: boolean;
}

const capture: CommandBody<CaptureOptions> = async (call) => {
  const output = new Output(call.globals);
  const { sources, missing } = await findSources(call.args, () => process.stdin);
  if (sources.some(({ name }) => name === 'stdin') && process.stdin.isTTY)
    output.note('reading events from the terminal: Ctrl-D ends them');
  const summary = new CaptureSummary(call.globals.json === true ? 1_000 : MOST_NAMED);
  await withApp(call, async (app) => {
    const { config } = await app.situation();
    const { maxEventBytes } =
      config.state === 'unreadable' ? DEFAULT_LIMIT : settingsOf(config).capture;
    const task = {
      app,
      rules: rulesOf(call.options),
      checkout: checkoutOf(process.cwd()),
      auditDiscard: call.options.auditDiscard === true,
    };
    const progress = startProgress(output, 'captured');
    for (const source of sources) {
      const batches = readEvents(source.open(), source.name, {
        maxEventBytes,
        onConversion: (what) => output.note(`${oneLine(source.name)} is ${what}`),
      });
      for await (const batch of batches) {
        await captureBatch(task, source, batch, summary);
        progress.update(summary.report.captured + summary.report.duplicates);
      }
    }
    progress.stop();
  });
  for (const { pattern, message } of missing) summary.addMissing(pattern, message);
  for (const line of problemLines(summary)) output.warn(line);
  output.result(summary.report, () => sentence(summary));
  return exitCode(summary);
};

/** Problems of one file that are printed; a document for machines names more. */
const MOST_NAMED = 20;

const DEFAULT_LIMIT = { maxEventBytes: 1024 * 1024 };

interface CaptureTask {
  readonly app: App;
  readonly rules: Partial<EnvelopeRules>;
  readonly checkout: string;
  readonly auditDiscard: boolean;
}

async function captureBatch(
  { app, rules, checkout, auditDiscard }: CaptureTask,
  source: InputSource,
  batch: readonly Candidate[],
  summary: CaptureSummary,
): Promise<void> {
  const inputs = batch.flatMap((one) =>
    one.kind === 'event' ? [{ bytes: one.bytes, checkout }] : [],
  );
  const verdicts = await app.captureGroup(inputs, rules, { auditDiscard });
  let next = 0;
  for (const candidate of batch) {
    const place = { file: source.name, line: candidate.line };
    const verdict = candidate.kind === 'event' ? verdicts[next++] : undefined;
    if (candidate.kind === 'problem') summary.addProblem(candidate.problem, place);
    else if (verdict !== undefined) summary.add(verdict, place);
  }
}

function rulesOf({ auditDiscard: _, ...rules }: CaptureOptions): Partial<EnvelopeRules> {
  return rules;
}

function problemLines({ report }: CaptureSummary): string[] {
  const lines = report.errors.map(({ file, line, event_id, problem }) => {
    const id = event_id === undefined ? '' : `event ${oneLine(event_id)}: `;
    return line === undefined ? problem : `${oneLine(`${file}`)}:${line}: ${id}${problem}`;
  });
  const more = Object.entries(report.more_errors ?? {});
  return [...lines, ...more.map(([file, n]) => `${file}: and ${grouped(n)} more`)];
}

function sentence({ report, invalid, missing, refusedInSpool }: CaptureSummary): string {
  const parts = [`captured ${count(report.captured, 'event')}`];
  if (report.duplicates > 0) parts.push(`${count(report.duplicates, 'duplicate')} already there`);
  if (report.conflicts > 0)
    parts.push(`${count(report.conflicts, 'conflict')} kept aside (\`redrain conflicts\`)`);
  if (report.spooled > 0)
    parts.push(`${count(report.spooled, 'event')} in the spool until the journal can be written`);
  if (report.refused > 0)
    parts.push(`${count(report.refused, 'event')} kept because they may not be discarded`);
  if (refusedInSpool > 0)
    parts.push(
      `${refusedInSpool === report.refused ? 'all' : grouped(refusedInSpool)} of these in the spool until the journal can be written`,
    );
  if (report.discarded > 0) parts.push(`${count(report.discarded, 'event')} discarded`);
  if (report.audited > 0) parts.push(`${count(report.audited, 'event')} in the audit log only`);
  if (report.lost > 0) parts.push(`${count(report.lost, 'event')} LOST`);
  if (invalid > 0) parts.push(`${count(invalid, 'input')} without a usable event`);
  if (missing > 0) parts.push(`${count(missing, 'file')} not found or not readable`);
  return parts.join(', ');
}

function exitCode({ report, invalid, missing }: CaptureSummary): ExitCode {
  const codes: ExitCode[] = [];
  if (report.lost > 0) codes.push(EXIT.lost);
  if (report.conflicts > 0) codes.push(EXIT.conflict);
  if (report.refused > 0) codes.push(EXIT.discardRefused);
  if (invalid + missing > 0) codes.push(EXIT.badInput);
  return worstOf(codes);
}
