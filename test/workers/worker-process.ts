import { expect } from 'chai';
import type { WorkerKind } from '../../src/workers/service.js';
import type { Cli, CliOptions, RunningCli } from '../support/cli.js';

/** Starts `redrain worker NAME …` on a home. */
export function startWorker(
  cli: Cli,
  name: WorkerKind['name'],
  args: readonly string[] = [],
  options: Pick<CliOptions, 'crash' | 'full' | 'recordSteps' | 'env'> = {},
): RunningCli {
  return cli.start(['worker', name, ...args], options);
}

/** The fields of the first log line with this message; waits for it. */
export async function logged(
  running: RunningCli,
  message: string,
): Promise<Record<string, unknown>> {
  const find = (): string | undefined =>
    running.stdout.split('\n').find((line) => line.includes(`"msg":"${message}"`));
  await running.until(() => find() !== undefined, `the log line "${message}"`);
  return JSON.parse(find() as string) as Record<string, unknown>;
}

/** Sends to an endpoint of one's own from now on. */
export async function external(cli: Cli, url: string, ...more: string[]): Promise<void> {
  const run = await cli.run(['mode', 'EXTERNAL_RECEIVER', '--endpoint', url, ...more]);
  expect(run.code, run.stderr).to.equal(0);
}
