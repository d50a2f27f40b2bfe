import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Cli, type CliResult, MAIN, RunningCli } from '../support/cli.js';

/**
 * Somebody who has redrain installed and types what a document says, in a
 * directory and a home of their own.
 */
export class Reader {
  readonly cli: Cli;
  readonly #env: Readonly<Record<string, string>>;

  constructor(env: Readonly<Record<string, string>> = {}) {
    this.cli = new Cli(env);
    const installed = join(this.cli.root, 'redrain');
    writeFileSync(installed, `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`, {
      mode: 0o700,
    });
    const path = `${this.cli.root}${delimiter}${this.cli.env.PATH}`;
    this.#env = { ...this.cli.env, PATH: path, REDRAIN_HOME: this.cli.home };
  }

  /** Types a line, or several, and waits for the end of it. */
  types(line: string, env: Readonly<Record<string, string>> = {}): Promise<CliResult> {
    return this.starts(line, env).exited;
  }

  starts(line: string, env: Readonly<Record<string, string>> = {}): RunningCli {
    const child = spawn('sh', ['-c', line], { cwd: this.cli.cwd, env: { ...this.#env, ...env } });
    child.stdin.end();
    return new RunningCli(child);
  }
}
