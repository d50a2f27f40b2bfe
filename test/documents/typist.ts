import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { closeAfterTest } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';
import type { Typed } from './children/typist.js';

const CHILD = fileURLToPath(new URL('./children/typist.js', import.meta.url));

/** Somebody who types one command after the other, each on a home of its own. */
export class Typist {
  readonly #child: ChildProcess;
  #said = '';

  constructor() {
    this.#child = fork(CHILD, { env: new WarmCli().env, silent: true });
    this.#child.stdout?.resume();
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said += text;
    });
    closeAfterTest(() => this.#child.kill());
  }

  /** Everything that was said on stderr so far. */
  get said(): string {
    return this.#said;
  }

  /** Returns how the command ended: its exit code, or why it was not run. */
  async type(typed: Typed): Promise<unknown> {
    const listening = new AbortController();
    const told = ['message', 'exit'].map((name) => once(this.#child, name, listening));
    this.#child.send(typed);
    const [code] = (await Promise.race(told)) as unknown[];
    listening.abort();
    return code;
  }
}
