import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeAfterTest } from '../support/temporary-home.js';

/** What a child tells. */
export type FromDraining =
  | { readonly acknowledged: string[] }
  | { readonly posted: string[] }
  | { readonly ended: string | null };

/** Another machine: a process of its own that captures and drains. */
export class DrainingMachine {
  readonly acknowledged: string[] = [];
  readonly posted: string[] = [];
  /** Why its pass was blocked, once it has ended. */
  ended: string | null | undefined;
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;

  constructor(
    url: string,
    prefix: string,
    { env = {}, waits = false }: { readonly env?: Record<string, string>; waits?: boolean } = {},
  ) {
    this.#child = fork(
      new URL('./children/draining.js', import.meta.url),
      [url, prefix, waits ? 'waits' : ''],
      {
        env: { ...process.env, ...env },
        execArgv: [`--import=${new URL('../support/crash-at-step.js', import.meta.url)}`],
      },
    );
    this.#exit = once(this.#child, 'exit');
    closeAfterTest(() => this.#child.kill('SIGKILL'));
    this.#child.on('message', (message: FromDraining) => {
      if ('acknowledged' in message) this.acknowledged.push(...message.acknowledged);
      else if ('posted' in message) this.posted.push(...message.posted);
      else this.ended = message.ended;
    });
  }

  /** Resolves when its next message has come; fails when there will be none. */
  async heard(): Promise<void> {
    await Promise.race([once(this.#child, 'message'), this.#exit.then(failGone)]);
  }

  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(name);
  }

  answer(): void {
    this.#child.send('answer');
  }

  /** Resolves when the process is gone, however. */
  async gone(): Promise<void> {
    await this.#exit;
  }
}

function failGone(): never {
  throw new Error('the machine is gone');
}
