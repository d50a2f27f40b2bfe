import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import type { RunningCli } from '../support/cli.js';

const END = 'end-of-command';

/** What a person sees of one command. */
export interface Shown {
  readonly code: number;
  /** Both streams, as a terminal mixes them. */
  readonly text: string;
}

/** A shell that is given one command after the other, as at a terminal. */
export class Terminal {
  readonly #shell: ChildProcessWithoutNullStreams;
  readonly #running: RunningCli;
  #read = 0;

  constructor(shell: ChildProcessWithoutNullStreams, running: RunningCli) {
    this.#shell = shell;
    this.#running = running;
    shell.stdin.write('exec 2>&1\n');
  }

  /** Waits for the end of the command. */
  async type(command: string): Promise<Shown> {
    this.#shell.stdin.write(`${command}\necho "${END} $?"\n`);
    const ended = new RegExp(`${END} (\\d+)\\n`);
    const unread = () => this.#running.stdout.slice(this.#read);
    await this.#running.until(() => ended.test(unread()), `the end of ${command}`);
    const [mark = '', code] = ended.exec(unread()) ?? [];
    const text = unread().slice(0, unread().indexOf(mark));
    this.#read = this.#running.stdout.length;
    return { code: Number(code), text };
  }
}
