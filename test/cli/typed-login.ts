import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Cli } from '../support/cli.js';
import { closeAfterTest } from '../support/temporary-home.js';

const MAIN = fileURLToPath(new URL('../../../lib/cli.cjs', import.meta.url));

/** True where util-linux can put a program on a terminal of its own. */
export const hasTerminals =
  process.platform === 'linux' &&
  `${spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout}`.includes('util-linux');

/** What to type once the terminal shows something. */
export type Dialogue = readonly (readonly [shown: string, keys: string])[];

/** Runs `redrain …` on a terminal; returns all the terminal showed, and the exit code. */
export function onTerminal(
  cli: Cli,
  args: readonly string[],
  dialogue: Dialogue,
): Promise<{ code: number | null; screen: string }> {
  const command = [process.execPath, MAIN, ...args, '--home', cli.home].map(quoted).join(' ');
  const child = spawn('script', ['-qec', command, '/dev/null'], { cwd: cli.cwd, env: cli.env });
  closeAfterTest(() => child.kill('SIGKILL'));
  const waiting = [...dialogue];
  let screen = '';
  let unread = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += text;
    unread += text;
    const next = waiting[0];
    if (next === undefined || !unread.includes(next[0])) return;
    waiting.shift();
    unread = '';
    child.stdin.write(next[1]);
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, screen })));
}

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
