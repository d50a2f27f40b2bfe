import { shownAddress } from '../address/shown-address.js';
import type { App } from '../app/app.js';
import { type OneOfMany, targetsInUse } from '../app/drain-each.js';
import { lookUp } from '../app/named-target.js';
import { previewDrain } from '../app/preview-drain.js';
import { readWaitingQueues } from '../app/spec-kitty/old-queues.js';
import { gapOf } from '../app/undelivered.js';
import { EXIT } from '../base/exit-codes.js';
import { repeatable } from '../base/options.js';
import { type DrainReport, documentOf } from '../dispatch/drain-report.js';
import { askAboutProjects } from './ask-projects.js';
import { type CommandBody, type DefineCommand, example, withApp } from './command.js';
import { UsageError } from './failure.js';
import { onInterrupt } from './job-control.js';
import { type DrainWish, deploymentOf, drainAndWait } from './now-drain.js';
import { drainMany } from './now-many.js';
import { failureLines, messageLines, sentence, targetOf, withoutTarget } from './now-text.js';
import { causeLines, exitCode, gapFields, gapLines } from './now-verdict.js';
import { wholeNumber } from './option-values.js';
import { count, Output } from './output.js';
import { type TargetOptions, targetsGiven } from './target-options.js';
import { durationOf } from './times.js';

const DEFAULT_WAIT = '10m';

/** `redrain now`: one drain of the active target, or of those that were named. */
export const define: DefineCommand = (command, run) => {
  command
    .description(
      'Send each event that the active target does not have yet, once, and record the results.',
    )
    .option('--target <target>', 'a target in place of the active one')
    .addOption(repeatable('--to <target>', 'a target; several are drained side by side'))
    .option('--all', 'every target that is not retired, side by side')
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
    .addHelpText('after', example('redrain now --wait'))
    .action(run(now));
};

interface NowOptions extends TargetOptions {
  readonly all?: boolean;
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
  const wish = wishOf(options);
  const given = targetsGiven(options);
  if (options.all === true && given.length > 0)
    throw new UsageError('--all is every target: it goes without --to and --target');
  return withApp(call, async (app) => {
    if (options.all === true || given.length > 1) {
      const targets = options.all === true ? await targetsInUse(app) : given.map(namedOne);
      return drainMany(app, output, targets, { ...options, wish });
    }
    return one(app, output, options, { ...wish, ...placeOf(given[0]) });
  });
};

const namedOne = (name: string): OneOfMany => ({ name: shownAddress(name), to: name });

/** An id as ever; what else names a target is looked up. */
const placeOf = (given: string | undefined): Pick<DrainWish, 'targetId' | 'to'> =>
  given !== undefined && /^\d{1,15}$/.test(given) ? { targetId: Number(given) } : { to: given };

function wishOf({ limit, wait, deployment }: NowOptions): DrainWish {
  return {
    limit,
    waitForLock: wait !== false,
    waitMs: waitOf(wait),
    deployment: deploymentOf(deployment),
  };
}

/** The active target, or one that was named. */
async function one(
  app: App,
  output: Output,
  options: NowOptions,
  wish: DrainWish,
): Promise<number> {
  const isActive = wish.to === undefined && wish.targetId === undefined;
  if (options.dryRun === true) {
    const report = await previewDrain(app, wish);
    output.result(documentOf(report), () => previewSentence(report));
    return report.blocked_reason === null ? EXIT.done : EXIT.blocked;
  }
  if (isActive) await askAboutProjects(app, output);
  // A name that nobody has makes no journal.
  if (wish.to !== undefined) await assertKnown(app, wish.to);
  const interrupt = onInterrupt(output, 'the batch in flight');
  const report = await drainAndWait(app, output, wish, interrupt).finally(() => interrupt.done());
  for (const line of failureLines(report)) output.note(line);
  for (const { message, count: n } of report.warnings) output.warn(`warning: ${message} (${n})`);
  for (const line of await waitingLines(app)) output.note(line);
  const gap = await gapOf(app, report.target_id);
  const document = { ...documentOf(report), ...gapFields(gap) };
  output.result(document, () =>
    [sentence(report), ...causeLines(report, gap), ...gapLines(gap, options.strict)].join('\n'),
  );
  return interrupt.exitCode() ?? exitCode(report, gap, options);
}

const assertKnown = (app: App, name: string): Promise<unknown> =>
  app.reading(({ situation, stores }) => lookUp(stores?.targets, situation, name));

/** What a drain cannot know of: rows that were never taken out of an old queue. */
async function waitingLines(app: App): Promise<string[]> {
  // The drain is done and recorded: that this cannot be told is no reason to fail.
  const files = await readWaitingQueues(app).catch(() => []);
  return files.map(
    ({ path, waiting_count }) =>
      `${count(waiting_count, 'row')} in ${path} waiting: \`redrain migrate\` takes them in`,
  );
}

function waitOf(wait: NowOptions['wait']): number {
  if (wait === undefined || wait === false) return 0;
  return durationOf('--wait', wait === true ? DEFAULT_WAIT : wait);
}

function previewSentence(report: DrainReport): string {
  const where = targetOf(report) || 'no target';
  const lines = [`would send ${count(report.selected, 'event')} to ${where}`];
  if (report.held > 0) lines.push(`${count(report.held, 'event')} held`);
  if (report.excluded > 0)
    lines.push(`${count(report.excluded, 'event')} excluded by the target's own settings`);
  if (report.target_url === null) lines.push(withoutTarget(report));
  else lines.push(...messageLines(report));
  return lines.join('\n');
}
