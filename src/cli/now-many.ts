import type { App } from '../app/app.js';
import { drainEach, type OneOfMany, type TargetOutcome } from '../app/drain-each.js';
import { previewDrain } from '../app/preview-drain.js';
import { gapOf, type TargetGap } from '../app/undelivered.js';
import { isRedrainError } from '../base/error.js';
import { EXIT, type ExitCode, worstOf } from '../base/exit-codes.js';
import { grouped } from '../base/grouped.js';
import { type DrainReport, documentOf } from '../dispatch/drain-report.js';
import { failureText } from './failure.js';
import { onInterrupt } from './job-control.js';
import { type DrainWish, drainAndWait } from './now-drain.js';
import { messageLines, sentence } from './now-text.js';
import { causeLines, exitCode, gapFields, gapLines } from './now-verdict.js';
import { count, type Output } from './output.js';
import { startProgresses } from './progress.js';

interface Wanted {
  readonly wish: DrainWish;
  readonly dryRun?: boolean;
  readonly wait?: boolean | string;
  readonly strict?: boolean;
}

/** One target of several, done. */
interface Done {
  readonly code: ExitCode;
  readonly document: object;
  readonly lines: readonly string[];
}

/**
 * Several targets side by side: each says its lines when it is done, and none
 * waits for another. The exit code is the worst.
 */
export async function drainMany(
  app: App,
  output: Output,
  targets: readonly OneOfMany[],
  wanted: Wanted,
): Promise<number> {
  if (targets.length === 0) {
    output.result({ targets: [] }, () => 'There is no target: nothing is sent.');
    return EXIT.blocked;
  }
  // Opened once, for all of them.
  if (wanted.dryRun !== true) await app.stores();
  const interrupt = onInterrupt(output, 'the batches in flight');
  const bars = startProgresses(
    output,
    targets.map(({ name }) => name),
  );
  try {
    const drain = async (target: OneOfMany): Promise<DrainReport> => {
      const { to } = target;
      if (wanted.dryRun === true) return previewDrain(app, { to, limit: wanted.wish.limit });
      const progress = bars.of(target.name);
      return drainAndWait(app, named(output, target), { ...wanted.wish, to, progress }, interrupt);
    };
    const all = await Promise.all(
      targets.map(async (target) => {
        const [outcome] = await drainEach([target], drain);
        const done = await doneOf(app, outcome as TargetOutcome, wanted);
        if (wanted.dryRun !== true) output.line(done.lines.join('\n'));
        return done;
      }),
    );
    if (wanted.dryRun === true) for (const { lines } of all) output.line(lines.join('\n'));
    if (output.json) output.result({ targets: all.map(({ document }) => document) }, () => '');
    return interrupt.exitCode() ?? worstOf(all.map(({ code }) => code));
  } finally {
    bars.stop();
    interrupt.done();
  }
}

/** What is said of one target begins with its name. */
const named = (output: Output, { name }: OneOfMany): Output => output.about(name);

async function doneOf(
  app: App,
  { name, report, error }: TargetOutcome,
  { dryRun, wait, strict }: Wanted,
): Promise<Done> {
  if (report === undefined) {
    const code = isRedrainError(error) ? error.exitCode : EXIT.internal;
    const message = failureText(error);
    const document = { target: name, exit_code: code, error: message };
    return { code, document, lines: [`${name}: error: ${message}`] };
  }
  if (dryRun === true) return previewed(name, report);
  const gap = await gapOf(app, report.target_id);
  const code = exitCode(report, gap, {
    ...(wait === undefined ? {} : { wait }),
    ...(strict === undefined ? {} : { strict }),
  });
  const document = { target: name, exit_code: code, ...documentOf(report), ...gapFields(gap) };
  return { code, document, lines: linesOf(name, report, gap, strict) };
}

function previewed(name: string, report: DrainReport): Done {
  const code = report.blocked_reason === null ? EXIT.done : EXIT.blocked;
  const held = report.held > 0 ? `, ${grouped(report.held)} held` : '';
  const said = messageLines(report)
    .map((text) => `: ${text}`)
    .join('');
  const lines = [`${name}: would send ${count(report.selected, 'event')}${held}${said}`];
  return { code, document: { target: name, exit_code: code, ...documentOf(report) }, lines };
}

/** The name goes before the address, and before every further line. */
function linesOf(
  name: string,
  report: DrainReport,
  gap: TargetGap | undefined,
  strict: boolean | undefined,
): string[] {
  const text = sentence({ ...report, target_name: null }).split('\n');
  const warnings = report.warnings.map(({ message, count: n }) => `warning: ${message} (${n})`);
  const more = [...causeLines(report, gap), ...gapLines(gap, strict), ...warnings];
  return [...text, ...more].map((line) => `${name}: ${line}`);
}
