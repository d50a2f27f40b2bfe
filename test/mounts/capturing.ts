import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { App } from '../../src/app/app.js';
import { RunningCli } from '../support/cli.js';

const PROGRAM = fileURLToPath(new URL('./children/capturing.js', import.meta.url));

/** Kinds that tell the caller that an event is safe. */
const SAFE = new Set(['captured', 'spooled', 'duplicate']);

/** A program that captures without end, and what it said so far. */
export class Capturing {
  readonly running: RunningCli;

  constructor(home: string, { prefix = 'e', padding = 500 } = {}) {
    const args = [PROGRAM, home, prefix, String(padding)];
    this.running = new RunningCli(spawn(process.execPath, args, { env: {}, cwd: '/' }));
  }

  get said(): readonly { readonly id: string; readonly kind: string }[] {
    const whole = this.running.stdout.slice(0, this.running.stdout.lastIndexOf('\n') + 1);
    return whole
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => ({ id: line.split(' ')[0] ?? '', kind: line.split(' ')[1] ?? '' }));
  }

  get acknowledged(): string[] {
    return this.said.filter(({ kind }) => SAFE.has(kind)).map(({ id }) => id);
  }

  kinds(): Set<string> {
    return new Set(this.said.map(({ kind }) => kind));
  }

  /** So many more verdicts, counted from now on, of which one fits. */
  async hears(count: number, fits: (kind: string) => boolean = () => true): Promise<void> {
    const from = this.said.length;
    await this.running.until(() => {
      const news = this.said.slice(from);
      return news.length >= count && news.some(({ kind }) => fits(kind));
    }, `${count} more verdicts`);
  }

  /** Asks it to end, and answers how it did. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.running.kill(signal);
    const { code, signal: by, stderr } = await this.running.exited;
    if (signal === 'SIGTERM') expect([code, by], stderr).to.deep.equal([0, null]);
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
  const db = new Database(join(home, 'redrain', 'journal.db'), { readonly: true });
  const there = new Set(db.prepare('SELECT event_id FROM event').pluck().all());
  const damage = db.pragma('integrity_check', { simple: true });
  db.close();
  expect(
    ids.filter((id) => !there.has(id)),
    'acknowledged, and nowhere',
  ).to.deep.equal([]);
  expect(damage).to.equal('ok');
}
