import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Cli, MAIN, RunningCli } from '../support/cli.js';

/** Starts a file of `examples/` as its reader would, on the home of this test. */
export function startExample(
  cli: Cli,
  path: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): RunningCli {
  const program = path.endsWith('.sh') ? 'sh' : process.execPath;
  const child = spawn(program, [resolve('examples', path), ...args], {
    cwd: cli.cwd,
    env: { ...cli.env, REDRAIN_HOME: cli.home, REDRAIN: installed(cli), ...env },
  });
  child.stdin.end();
  return new RunningCli(child);
}

/** What `node_modules/.bin/redrain` is where redrain is installed. */
export function installed(cli: Cli): string {
  const path = join(cli.root, 'redrain');
  writeFileSync(path, `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`, { mode: 0o700 });
  return path;
}
