import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { type Cli, type CliOptions, RunningCli, watchingSteps } from '../support/cli.js';

/** Starts `npm run worker:NAME -- …` on a home, without npm. */
export function startWorker(
  cli: Cli,
  name: 'capture' | 'dispatch' | 'migrate' | 'gc',
  args: readonly string[] = [],
  { env = {}, ...watched }: Pick<CliOptions, 'crash' | 'full' | 'recordSteps' | 'env'> = {},
): RunningCli {
  const main = fileURLToPath(new URL(`../../workers/${name}.js`, import.meta.url));
  const { preloads, variables } = watchingSteps(watched);
  const child = spawn(process.execPath, [...preloads, main, '--home', cli.home, ...args], {
    cwd: cli.cwd,
    env: { ...cli.env, ...env, ...variables },
  });
  child.stdin.end();
  return new RunningCli(child);
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
