import { spawn, spawnSync } from 'node:child_process';
import { type Cli, MAIN, RunningCli } from './cli.js';

/** True where util-linux can make a terminal for a test. */
export const HAS_TERMINALS =
  spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') ?? false;

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/**
 * Starts `redrain … --home HOME` on a terminal of its own. What it shows comes as
 * `stdout`, both streams as a terminal mixes them; what is written to stdin is typed.
 */
export function startOnTerminal(
  cli: Cli,
  args: readonly string[],
  { columns, rows }: Size = { columns: 80, rows: 24 },
): RunningCli {
  const command = [process.execPath, MAIN, ...args, '--home', cli.home].map(quoted).join(' ');
  const inside = `stty cols ${columns} rows ${rows}; exec ${command}`;
  const child = spawn('script', ['-qec', inside, '/dev/null'], {
    cwd: cli.cwd,
    env: { ...cli.env, TERM: 'xterm-256color', SHELL: '/bin/sh' },
  });
  child.stdin.on('error', () => undefined);
  return new RunningCli(child);
}

/** What is left of terminal output without colours, movements and lines that were taken off again. */
export function plain(shown: string): string {
  let kept = '';
  for (const [i, part] of shown.split(ERASURE).entries()) {
    // Every second part is how many lines up the erasure began.
    if (i % 2 === 0) kept += part;
    else
      kept = kept
        .split('\n')
        .slice(0, -1 - Number(part ?? 0))
        .map((line) => `${line}\n`)
        .join('');
  }
  return kept.replaceAll(SEQUENCE, '').replaceAll('\r', '');
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: sequences of a terminal begin with one.
const ERASURE = /\r(?:\u001b\[(\d+)A)?\u001b\[J/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: likewise.
const SEQUENCE = /\u001b\[[0-9;?]*[A-Za-z]/g;

/** The last screen that was drawn from its top. */
export function lastScreen(shown: string): string[] {
  const frames = shown.split('\u001b[H');
  return plain(frames.at(-1) ?? '').split('\n');
}
