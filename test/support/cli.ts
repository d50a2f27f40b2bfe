import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import {
  type StubServer,
  type StubServerOptions,
  startServer,
} from '../../src/receivers/stub/server.js';
import type { SinkStats } from '../../src/receivers/stub/sink.js';
import { closeAfterTest, makeTheirs, temporaryHome } from './temporary-home.js';

/** The command line as it is released: bundled, it starts faster. */
export const MAIN = fileURLToPath(new URL('../../../lib/cli.cjs', import.meta.url));
/** The same as it is compiled, where a child process watches its own steps. */
const WATCHED_MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
const CRASH_PRELOAD = new URL('./crash-at-step.js', import.meta.url).href;
const FULL_PRELOAD = new URL('./fail-at-step.js', import.meta.url).href;
const RECORD_PRELOAD = new URL('./record-steps.js', import.meta.url).href;

/** What a child process left behind. */
export interface CliResult {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The one document on stdout; fails the test when stdout is anything else. */
  json<T = Record<string, unknown>>(): T;
}

export interface CliOptions {
  /** On top of the clean environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string | Buffer;
  /** SIGKILL itself at the nth time it passes this step. */
  readonly crash?: Crash | undefined;
  /** The disk is full from the nth time on that it passes this step. */
  readonly full?: Crash | undefined;
  /** A file for the names of all steps it passes. */
  readonly recordSteps?: string | undefined;
}

/** Where a child process kills itself. */
export interface Crash {
  readonly step: string;
  readonly nth: number;
}

/** What has a child process watch its own steps: arguments of node, and variables. */
export function watchingSteps({ crash, full, recordSteps }: Watching): {
  readonly preloads: readonly string[];
  readonly variables: Record<string, string>;
} {
  if (crash !== undefined) return watched(CRASH_PRELOAD, atStep('CRASH', crash));
  if (full !== undefined) return watched(FULL_PRELOAD, atStep('FULL', full));
  if (recordSteps !== undefined)
    return watched(RECORD_PRELOAD, { REDRAIN_TEST_STEPS_FILE: recordSteps });
  return { preloads: [], variables: {} };
}

type Watching = Pick<CliOptions, 'crash' | 'full' | 'recordSteps'>;

const watched = (preload: string, variables: Record<string, string>) => ({
  preloads: ['--import', preload],
  variables,
});

const atStep = (what: string, { step, nth }: Crash): Record<string, string> => ({
  [`REDRAIN_TEST_${what}_STEP`]: step,
  [`REDRAIN_TEST_${what}_NTH`]: String(nth),
});

/**
 * redrain as its users meet it: child processes on a home of their own. Nothing
 * of this process's environment reaches them but PATH; HOME and TMPDIR are
 * empty directories beside the home.
 */
export class Cli {
  readonly root: string;
  readonly home: string;
  /** HOME of the child: nothing may ever appear here. */
  readonly userHome: string;
  readonly tmp: string;
  readonly cwd: string;
  readonly env: Record<string, string>;

  constructor(env: Readonly<Record<string, string>> = {}, homeName = 'home') {
    this.root = temporaryHome('redrain-cli-');
    this.home = join(this.root, homeName);
    this.userHome = this.#directory('user');
    this.tmp = this.#directory('tmp');
    this.cwd = this.#directory('cwd');
    this.env = { PATH: process.env.PATH ?? '', HOME: this.userHome, TMPDIR: this.tmp, ...env };
  }

  /** Runs `redrain … --home HOME` to its end. */
  run(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
    return this.start(args, options).exited;
  }

  /** Starts `redrain … --home HOME`. */
  start(args: readonly string[], options: CliOptions = {}): RunningCli {
    return this.startBare([...args, '--home', this.home], options);
  }

  /** Starts `redrain …` without naming the home. */
  startBare(args: readonly string[], options: CliOptions = {}): RunningCli {
    const { stdin = '' } = options;
    const { preloads, variables } = watchingSteps(options);
    const main = preloads.length > 0 ? WATCHED_MAIN : MAIN;
    const child = spawn(process.execPath, [...preloads, main, ...args], {
      cwd: this.cwd,
      env: { ...this.env, ...options.env, ...variables },
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(stdin);
    return new RunningCli(child);
  }

  /** Writes a file of events, one JSON text a line, and returns its path. */
  file(name: string, lines: readonly (string | object)[]): string {
    const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
    const path = join(this.cwd, name);
    writeFileSync(path, `${text.join('\n')}\n`);
    return path;
  }

  /** The home is one of Spec Kitty's from now on. */
  theirs(): this {
    makeTheirs(this.home);
    return this;
  }

  /** The home is one that the first version made, with everything of redrain's in `redrain/`. */
  ofFirstVersion(): this {
    mkdirSync(join(this.home, 'redrain'), { recursive: true, mode: 0o700 });
    chmodSync(this.home, 0o700);
    return this;
  }

  /** Replaces config.toml. */
  configure(toml: string): string {
    mkdirSync(this.home, { recursive: true });
    const path = join(this.home, 'config.toml');
    writeFileSync(path, toml);
    return path;
  }

  #directory(name: string): string {
    const path = join(this.root, name);
    mkdirSync(path);
    return path;
  }
}

/** A child process that runs; it is killed after the test if it still does. */
export class RunningCli {
  readonly child: ChildProcess;
  readonly exited: Promise<CliResult>;
  readonly #listeners = new Set<() => void>();
  #stdout = '';
  #stderr = '';
  #hasEnded = false;

  constructor(child: ChildProcess) {
    this.child = child;
    closeAfterTest(() => this.#endNow());
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
      this.#tell();
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
      this.#tell();
    });
    this.exited = new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => {
        this.#hasEnded = true;
        resolve(resultOf(code, signal, this.#stdout, this.#stderr));
        this.#tell();
      });
    });
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Resolves once this holds of the output; rejects when the process ends before. */
  until(holds: (running: RunningCli) => boolean, what = 'the expected output'): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        if (holds(this)) resolve();
        else if (this.#hasEnded)
          reject(new Error(`ended without ${what}:\n${this.#stdout}\n${this.#stderr}`));
        else return;
        this.#listeners.delete(check);
      };
      this.#listeners.add(check);
      check();
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  async #endNow(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }
}

/** What a test reads of a process that ended. */
export function resultOf(
  code: number | null,
  signal: NodeJS.Signals | null,
  stdout: string,
  stderr: string,
): CliResult {
  return { code, signal, stdout, stderr, json: <T>() => onlyDocument(stdout, stderr) as T };
}

function onlyDocument(stdout: string, stderr: string): unknown {
  try {
    return JSON.parse(stdout);
  } catch {
    return expect.fail(`stdout is no single JSON document: ${stdout}\nstderr: ${stderr}`);
  }
}

/** Runs all of these, two at a time: that is how many cores there may be. */
export async function inPairs<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let at = next++; at < items.length; at = next++) results[at] = await work(items[at] as T);
  };
  await Promise.all([lane(), lane()]);
  return results;
}

/** A `redrain serve` child process. */
export interface ServeProcess {
  readonly url: string;
  /** The sink's file: open it after `stop`. */
  readonly db: string;
  stats(): Promise<SinkStats>;
  stop(): Promise<CliResult>;
}

/** Starts `redrain serve` on a free port and waits until it says where it listens. */
export async function startServe(
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<ServeProcess> {
  const cli = new Cli();
  const db = join(cli.root, 'sink.db');
  const running = cli.startBare(['serve', '--json', '--db', db, ...args], { env });
  await running.until(({ stdout }) => stdout.endsWith('}\n'), 'the address');
  const { url } = JSON.parse(running.stdout) as { url: string };
  return {
    url,
    db,
    stats: async () => (await (await fetch(`${url}/stats`)).json()) as SinkStats,
    stop: () => {
      running.kill('SIGTERM');
      return running.exited;
    },
  };
}

/** The stub receiver within this process, on a file that outlives it until the test ends. */
export async function startReceiver(options: Partial<StubServerOptions> = {}): Promise<StubServer> {
  const db = join(temporaryHome('redrain-sink-'), 'sink.db');
  const server = await startServer({ db, durable: false, ...options });
  closeAfterTest(() => server.close());
  return server;
}
