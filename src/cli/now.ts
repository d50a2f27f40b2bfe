import { setTimeout as pause } from 'node:timers/promises';
import type { App } from '../app/app.js';
import { previewDrain } from '../app/preview-drain.js';
import { readWaitingQueues } from '../app/spec-kitty/old-queues.js';
import { gapOf } from '../app/undelivered.js';
import { EXIT } from '../base/exit-codes.js';
import { repeatable } from '../base/options.js';
import type { DrainReport } from '../dispatch/drain-report.js';
import { addReports, emptyReport } from '../dispatch/drain-report.js';
import type { DeploymentMetadata } from '../dispatch/ports.js';
import { RetiredTargetError } from '../targets/registry.js';
import { askAboutProjects } from './ask-projects.js';
import { oneLine, shortLine } from './color.js';
import { type CommandBody, type DefineCommand, example, withApp } from './command.js';
import { UsageError } from './failure.js';
import { type Interrupt, onInterrupt } from './job-control.js';
import { causeLines, exitCode, gapFields, gapLines } from './now-verdict.js';
import { durationOf, wholeNumber } from './option-values.js';
import { count, Output } from './output.js';
import { startProgress } from './progress.js';
import { resetAdvice } from './target-advice.js';

const DEFAULT_WAIT = '10m';
const FIRST_POLL_MS = 500;
const LONGEST_POLL_MS = 10_000;

/** `redrain now`: one drain of the active target. */
export const define: DefineCommand = (command, run) => {
  command
    .description(
      'Send each event that the active target does not have yet, once, and record the results.',
    )
    .option('--target <id>', 'a known target in place of the active one', wholeNumber)
    .option('--limit <n>', 'at most this many events', wholeNumber)
    .option('--dry-run', 'count what would be sent; change nothing')
    .option('--wait [duration]', 'ask again for pending events until they are done (default 10m)')
    .option('--no-wait', 'do not wait for another drain of this target')
    .option('--strict', 'exit 7 unless the target then has every event it should have')
    .addOption(
      repeatable(
        '--deployment <FIELD=VALUE>',
        'what you know of the server: server_instance_id, deployment_id, environment_name, git_sha',
      ),
    )
    .addHelpText('after', example('redrain server https://preview-42.example && redrain now'))
    .action(run(now));
};

interface NowOptions {
  readonly target?: number;
  readonly limit?: number;
  readonly dryRun?: boolean;
  readonly deployment: readonly string[];
  /** `--wait`: true or a duration; `--no-wait`: false. */
  readonly wait?: boolean | string;
  readonly strict?: boolean;
}

const now: CommandBody<NowOptions> = async (call) => {
  const { options } = call;
  const output = new Output(call.globals);
  const waitMs = waitOf(options.wait);
  return withApp(call, async (app) => {
    if (options.dryRun === true) {
      const report = await previewDrain(app, { targetId: options.target, limit: options.limit });
      output.result(report, () => previewSentence(report));
      return report.blocked_reason === null ? EXIT.done : EXIT.blocked;
    }
    if (options.target === undefined) await askAboutProjects(app, output);
    const interrupt = onInterrupt(output, 'the batch in flight');
    const report = await drainAndWait(app, output, options, interrupt, waitMs).finally(() =>
      interrupt.done(),
    );
    for (const line of failureLines(report)) output.note(line);
    for (const { message, count: n } of report.warnings) output.warn(`warning: ${message} (${n})`);
    for (const line of await waitingLines(app)) output.note(line);
    const gap = await gapOf(app, report.target_id);
    const document = { ...report, ...gapFields(gap) };
    output.result(document, () =>
      [sentence(report), ...causeLines(report, gap), ...gapLines(gap, options.strict)].join('\n'),
    );
    return interrupt.exitCode() ?? exitCode(report, gap, options);
  });
};

/** What a drain cannot know of: rows that were never taken out of an old queue. */
async function waitingLines(app: App): Promise<string[]> {
  // The drain is done and recorded: that this cannot be told is no reason to fail.
  const files = await readWaitingQueues(app).catch(() => []);
  return files.map(
    ({ path, waiting_count }) =>
      `${count(waiting_count, 'row')} in ${path} waiting: \`redrain migrate\` takes them in`,
  );
}

async function drainAndWait(
  app: App,
  output: Output,
  options: NowOptions,
  interrupt: Interrupt,
  waitMs: number,
): Promise<DrainReport> {
  const deadline = performance.now() + waitMs;
  let report = await drainOnce(app, output, options, interrupt);
  let pollMs = FIRST_POLL_MS;
  while (report.pending > 0 && report.blocked_reason === null && !interrupt.signal.aborted) {
    const left = deadline - performance.now();
    if (left <= 0) break;
    // It rejects only when it is interrupted, which is asked for next.
    await pause(Math.min(pollMs, left), undefined, { signal: interrupt.signal }).catch(() => null);
    if (interrupt.signal.aborted) break;
    pollMs = Math.min(pollMs * 2, LONGEST_POLL_MS);
    report = addReports(report, await askAgain(app, output, options, interrupt, report));
  }
  return report;
}

/** At the target that has the pending events, whichever is active by now. */
async function askAgain(
  app: App,
  output: Output,
  options: NowOptions,
  interrupt: Interrupt,
  { target_id: id, target_url: url }: DrainReport,
): Promise<DrainReport> {
  if (id === null) return drainOnce(app, output, options, interrupt, true);
  try {
    return await drainOnce(app, output, { ...options, target: id }, interrupt, true);
  } catch (error) {
    if (!(error instanceof RetiredTargetError)) throw error;
    const report = emptyReport({ id, url: url ?? '' });
    return { ...report, blocked_reason: 'target_retired', message: error.message };
  }
}

async function drainOnce(
  app: App,
  output: Output,
  options: NowOptions,
  interrupt: Interrupt,
  pendingOnly = false,
): Promise<DrainReport> {
  const total =
    output.isInteractive && !pendingOnly
      ? (await previewDrain(app, { targetId: options.target, limit: options.limit })).selected
      : undefined;
  const progress = startProgress(output, 'sent', total);
  try {
    return await app.drain({
      ...(options.target === undefined ? {} : { targetId: options.target }),
      ...(options.limit === undefined ? {} : { limit: options.limit }),
      ignoreBackoff: true,
      pendingOnly,
      waitForLock: options.wait !== false,
      deployment: deploymentOf(options.deployment),
      signal: interrupt.signal,
      onWarning: (line) => output.warn(line),
      onProgress: (report) => progress.update(report.selected, outcomes(report)),
    });
  } finally {
    progress.stop();
  }
}

function waitOf(wait: NowOptions['wait']): number {
  if (wait === undefined || wait === false) return 0;
  return durationOf('--wait', wait === true ? DEFAULT_WAIT : wait);
}

function sentence(report: DrainReport): string {
  const lines: string[] = [];
  if (report.target_url === null) lines.push(report.message ?? 'There is no active target.');
  else {
    lines.push(`${report.target_url}: ${outcomes(report) || nothing(report)}`);
    if (report.message !== null) lines.push(report.message);
  }
  if (report.recovered > 0)
    lines.push(`${count(report.recovered, 'event')} taken up again after an interrupted drain`);
  if (report.held > 0 && report.blocked_reason !== 'config_unreadable')
    lines.push(`${count(report.held, 'event')} held: \`redrain projects list\` shows why`);
  if (report.reset_signal !== null) lines.push(resetAdvice(report.target_id, report.reset_signal));
  if (report.unsent > 0) lines.push(`${count(report.unsent, 'event')} not sent yet`);
  return lines.join('\n');
}

/** Where something stands in the way, there may well be something to send. */
const nothing = ({ blocked_reason, message }: DrainReport): string =>
  blocked_reason === null && message === null ? 'nothing to send' : 'nothing sent';

function outcomes(report: DrainReport): string {
  const parts: [number, string][] = [
    [report.delivered, 'delivered'],
    [report.duplicate, 'already there'],
    [report.pending, 'pending'],
    [report.rejected, 'rejected'],
    [report.transient, 'to be tried again'],
    [report.terminal_failed, 'failed for good'],
  ];
  return parts
    .filter(([n]) => n > 0)
    .map(([n, what]) => `${n.toLocaleString('en')} ${what}`)
    .join(', ');
}

function previewSentence(report: DrainReport): string {
  const where = report.target_url ?? 'no target';
  const lines = [`would send ${count(report.selected, 'event')} to ${where}`];
  if (report.held > 0) lines.push(`${count(report.held, 'event')} held`);
  if (report.message !== null) lines.push(report.message);
  return lines.join('\n');
}

const MAX_LINES = 10;

function failureLines({ failures }: DrainReport): string[] {
  const lines = failures
    .slice(0, MAX_LINES)
    .map(
      ({ event_id, outcome, reason }) => `${shortLine(event_id)}: ${outcome}: ${oneLine(reason)}`,
    );
  if (failures.length > MAX_LINES) lines.push('… more with --json, or `redrain inspect EVENT_ID`');
  return lines;
}

const FIELDS = {
  server_instance_id: 'serverInstanceId',
  deployment_id: 'deploymentId',
  environment_name: 'environmentName',
  git_sha: 'gitSha',
} as const satisfies Record<string, keyof DeploymentMetadata>;

/** `--deployment FIELD=VALUE`, repeated. @throws UsageError */
function deploymentOf(pairs: readonly string[]): DeploymentMetadata {
  return Object.fromEntries(pairs.map(pairOf));
}

function pairOf(pair: string): [string, string] {
  const at = pair.indexOf('=');
  const field = pair.slice(0, at);
  if (at < 0 || at === pair.length - 1 || !Object.hasOwn(FIELDS, field))
    throw new UsageError(
      `--deployment ${pair} must be FIELD=VALUE with one of ${Object.keys(FIELDS).join(', ')}`,
    );
  return [FIELDS[field as keyof typeof FIELDS], pair.slice(at + 1)];
}
