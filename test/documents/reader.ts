import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Cli, type CliResult, MAIN, RunningCli } from '../support/cli.js';
import { WarmCli } from '../support/warm-cli.js';
import { Terminal } from './terminal.js';

/**
 * Somebody who has redrain installed and types what a document says, in a
 * directory and a home of their own.
 */
export class Reader {
  readonly cli: Cli;
  readonly #env: Readonly<Record<string, string>>;

  constructor(env: Readonly<Record<string, string>> = {}) {
    this.cli = new WarmCli(env);
    this.install('redrain', `exec '${process.execPath}' '${MAIN}' "$@"`);
    const path = `${this.cli.root}${delimiter}${this.cli.env.PATH}`;
    this.#env = { ...this.cli.env, PATH: path, REDRAIN_HOME: this.cli.home };
  }

  /** Puts a program of this name before all others. */
  install(name: string, script: string): void {
    writeFileSync(join(this.cli.root, name), `#!/bin/sh\n${script}\n`, { mode: 0o700 });
  }

  /** Types a line, or several, and waits for the end of it. */
  types(line: string): Promise<CliResult> {
    return this.starts(line).exited;
  }

  starts(line: string): RunningCli {
    return new RunningCli(this.#shell('-c', line));
  }

  /** A terminal that stays open, with all that is typed into it. */
  opensTerminal(): Terminal {
    const shell = this.#shell('-s');
    return new Terminal(shell, new RunningCli(shell));
  }

  #shell(...args: string[]) {
    return spawn('sh', args, { cwd: this.cli.cwd, env: this.#env });
  }
}
