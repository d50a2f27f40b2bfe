import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { App } from '../../src/app/app.js';
import { closeAfterTest, stateOf } from '../support/temporary-home.js';

const PROGRAM = fileURLToPath(new URL('./children/capturing.js', import.meta.url));

/** Kinds that tell the caller that an event is safe. */
const SAFE = new Set(['captured', 'spooled', 'duplicate']);

interface Verdict {
  readonly id: string;
  readonly kind: string;
}

/** A program that captures without end, and what it said so far. */
export class Capturing {
  readonly said: Verdict[] = [];
  readonly #child: ChildProcess;
  readonly #ended: Promise<string>;
  #listener: (() => void) | undefined;
  #hasEnded = false;

  constructor(home: string, { prefix = 'e', padding = 500 } = {}) {
    const args = [PROGRAM, home, prefix, String(padding)];
    const child = spawn(process.execPath, args, { env: {}, cwd: '/' });
    this.#child = child;
    createInterface(child.stdout).on('line', (line) => this.#hear(line));
    let stderr = '';
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    this.#ended = new Promise((resolve) =>
      child.on('close', (code, signal) => {
        this.#hasEnded = true;
        this.#listener?.();
        resolve(`${signal ?? code} ${stderr}`.trim());
      }),
    );
    closeAfterTest(() => this.end('SIGKILL'));
  }

  get acknowledged(): string[] {
    return this.said.filter(({ kind }) => SAFE.has(kind)).map(({ id }) => id);
  }

  kinds(): string[] {
    return [...new Set(this.said.map(({ kind }) => kind))];
  }

  /** So many more verdicts, counted from now on, of which one fits. */
  hears(count: number, fits: (kind: string) => boolean): Promise<void> {
    const from = this.said.length;
    return new Promise((resolve, reject) => {
      this.#listener = () => {
        const news = this.said.slice(from);
        if (news.length >= count && news.some(({ kind }) => fits(kind))) resolve();
        else if (this.#hasEnded)
          reject(new Error(`it ended after ${this.kinds()} of ${this.said.length} events`));
      };
    });
  }

  /** Asks it to end; in order when it can. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#child.kill(signal);
    const how = await this.#ended;
    if (signal === 'SIGTERM') expect(how).to.equal('0');
  }

  #hear(line: string): void {
    const [id = '', kind = ''] = line.split(' ');
    this.said.push({ id, kind });
    this.#listener?.();
  }
}

/** Takes the spool in; every id that was called safe must be in the journal then. */
export async function assertAllThere(home: string, ids: readonly string[]): Promise<void> {
  const app = new App({ home, env: {} });
  try {
    await app.ingestSpool();
    await app.stores();
  } finally {
    await app.close();
  }
  const db = new Database(join(stateOf(home), 'journal.db'), { readonly: true });
  const there = new Set(db.prepare('SELECT event_id FROM event').pluck().all());
  const damage = db.pragma('integrity_check', { simple: true });
  db.close();
  expect(
    ids.filter((id) => !there.has(id)),
    'acknowledged, and nowhere',
  ).to.deep.equal([]);
  expect(damage).to.equal('ok');
}
