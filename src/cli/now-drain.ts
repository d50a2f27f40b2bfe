import { setTimeout as pause } from 'node:timers/promises';
import type { App } from '../app/app.js';
import { previewDrain } from '../app/preview-drain.js';
import type { DrainReport } from '../dispatch/drain-report.js';
import { addReports, emptyReport } from '../dispatch/drain-report.js';
import type { DeploymentMetadata } from '../dispatch/ports.js';
import { RetiredTargetError } from '../targets/registry.js';
import { UsageError } from './failure.js';
import type { Interrupt } from './job-control.js';
import { outcomes } from './now-text.js';
import type { Output } from './output.js';
import { type Progress, startProgress } from './progress.js';

const FIRST_POLL_MS = 500;
const LONGEST_POLL_MS = 10_000;

/** What one drain is asked for. */
export interface DrainWish {
  readonly targetId?: number | undefined;
  /** A name, id or address. */
  readonly to?: string | undefined;
  readonly limit?: number | undefined;
  readonly waitForLock: boolean;
  /** For pending events to get their answer. */
  readonly waitMs: number;
  readonly deployment: DeploymentMetadata;
  /** Where it is shown; a bar of its own when left out. */
  readonly progress?: Progress | undefined;
}

/** Drains a target, and asks again for pending events as long as the wish says. */
export async function drainAndWait(
  app: App,
  output: Output,
  wish: DrainWish,
  interrupt: Interrupt,
): Promise<DrainReport> {
  const deadline = performance.now() + wish.waitMs;
  let report = await drainOnce(app, output, wish, interrupt);
  let pollMs = FIRST_POLL_MS;
  while (report.pending > 0 && report.blocked_reason === null && !interrupt.signal.aborted) {
    const left = deadline - performance.now();
    if (left <= 0) break;
    // It rejects only when it is interrupted, which is asked for next.
    await pause(Math.min(pollMs, left), undefined, { signal: interrupt.signal }).catch(() => null);
    if (interrupt.signal.aborted) break;
    pollMs = Math.min(pollMs * 2, LONGEST_POLL_MS);
    report = addReports(report, await askAgain(app, output, wish, interrupt, report));
  }
  return report;
}

/** At the target that has the pending events, whichever is active by now. */
async function askAgain(
  app: App,
  output: Output,
  wish: DrainWish,
  interrupt: Interrupt,
  { target_id: id, target_name: name, target_url: url }: DrainReport,
): Promise<DrainReport> {
  if (id === null) return drainOnce(app, output, wish, interrupt, true);
  try {
    return await drainOnce(app, output, { ...wish, to: undefined, targetId: id }, interrupt, true);
  } catch (error) {
    if (!(error instanceof RetiredTargetError)) throw error;
    const report = emptyReport({ id, name: name ?? '', url: url ?? '' });
    const { message, advice } = error;
    return { ...report, blocked_reason: 'target_retired', message, advice };
  }
}

async function drainOnce(
  app: App,
  output: Output,
  wish: DrainWish,
  interrupt: Interrupt,
  pendingOnly = false,
): Promise<DrainReport> {
  const { targetId, to, limit, waitForLock, deployment } = wish;
  const progress = wish.progress ?? (await barOf(app, output, wish, pendingOnly));
  try {
    return await app.drain({
      ...(targetId === undefined ? {} : { targetId }),
      ...(to === undefined ? {} : { to }),
      ...(limit === undefined ? {} : { limit }),
      ignoreBackoff: true,
      pendingOnly,
      waitForLock,
      deployment,
      signal: interrupt.signal,
      onWarning: (line) => output.warn(line),
      onProgress: (report) => progress.update(report.selected, outcomes(report)),
    });
  } finally {
    if (wish.progress === undefined) progress.stop();
  }
}

async function barOf(
  app: App,
  output: Output,
  { targetId, to, limit }: DrainWish,
  pendingOnly: boolean,
): Promise<Progress> {
  const isTold = output.isInteractive && !pendingOnly;
  const total = isTold ? (await previewDrain(app, { targetId, to, limit })).selected : undefined;
  return startProgress(output, 'sent', total);
}

const FIELDS = {
  server_instance_id: 'serverInstanceId',
  deployment_id: 'deploymentId',
  environment_name: 'environmentName',
  git_sha: 'gitSha',
} as const satisfies Record<string, keyof DeploymentMetadata>;

/** `--deployment FIELD=VALUE`, repeated. @throws UsageError */
export function deploymentOf(pairs: readonly string[]): DeploymentMetadata {
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
