import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { TargetOptions } from '../../../src/index.js';
import { closeAfterTest, temporaryHome } from '../../support/temporary-home.js';

/** How many events are in one request. */
export const BATCH = 2;

/** The one target of all machines. */
export const TARGET: Readonly<Record<string, TargetOptions>> = {
  there: { url: 'http://a.test/in' },
};

/** What a child tells. */
export type FromMachine =
  | { readonly acknowledged: string; readonly kind: string }
  | { readonly posted: string[] }
  | { readonly trouble: string };

/** Where a machine is held, and the how manieth time it comes by. */
export interface Held {
  readonly step: string;
  readonly nth: number;
  /** Of each of its events. */
  readonly bytes?: number;
}

type Exit = [code: number | null, signal: string | null];

/** A machine in a process of its own that is held at a named step, until it is told to go on. */
export class HeldMachine {
  readonly home = temporaryHome();
  readonly acknowledged: string[] = [];
  readonly posted: string[] = [];
  readonly trouble: string[] = [];
  /** What captures came to: `captured`, `spooled`, `duplicate`. */
  readonly kinds = new Set<string>();
  readonly #child: ChildProcess;
  readonly #exit: Promise<Exit>;
  readonly #says: Duplex;

  constructor(url: string, prefix: string, held?: Held) {
    const env = held && {
      REDRAIN_TEST_HOLD_STEP: held.step,
      REDRAIN_TEST_HOLD_NTH: String(held.nth),
    };
    this.#child = fork(
      new URL('./children/machine.js', import.meta.url),
      [this.home, url, prefix, String(held?.bytes ?? 0)],
      {
        env: { ...process.env, ...env, REDRAIN_TEST_HOLD_FD: '4' },
        execArgv: [`--import=${new URL('../../support/hold-at-step.js', import.meta.url)}`],
        stdio: ['ignore', 'inherit', 'inherit', 'ipc', 'pipe'],
      },
    );
    this.#exit = once(this.#child, 'close') as Promise<Exit>;
    this.#says = this.#child.stdio[4] as Duplex;
    this.#says.on('error', () => undefined);
    closeAfterTest(() => this.#child.kill('SIGKILL'));
    this.#child.on('message', (message: FromMachine) => this.#hear(message));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What it says on its descriptor: `held`, or at its end which steps it passed. */
  async said(): Promise<string> {
    const [bytes] = await Promise.race([once(this.#says, 'data'), this.#exit.then(() => [''])]);
    return String(bytes);
  }

  goOn(): void {
    this.#says.write('.');
  }

  signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void {
    this.#child.kill(name);
  }

  /**
   * Resolves when the process is gone, and all it told is known. It goes at its end, or because it was
   * killed: an error that nobody handled is none of the faults.
   */
  async gone(): Promise<void> {
    const [code, signal] = await this.#exit;
    if (code !== 0 && signal !== 'SIGKILL')
      throw new Error(`the machine ended with code ${code}, signal ${signal}`);
  }

  #hear(message: FromMachine): void {
    if ('posted' in message) this.posted.push(...message.posted);
    else if ('trouble' in message) this.trouble.push(message.trouble);
    else {
      this.acknowledged.push(message.acknowledged);
      this.kinds.add(message.kind);
    }
  }
}
