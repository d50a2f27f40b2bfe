import { type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { hasTerminals } from '../cli/typed-login.js';
import { stalledPipe } from '../support/stalled-pipe.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';

const CHILD = fileURLToPath(new URL('./children/unread.js', import.meta.url));

/** Resolves once the file holds what is wanted. */
async function written(directory: string, file: string, holds: (text: string) => boolean) {
  const path = join(directory, file);
  const watcher = watch(directory);
  closeAfterTest(() => watcher.close());
  while (!(existsSync(path) && holds(readFileSync(path, 'utf8')))) await once(watcher, 'change');
  return readFileSync(path, 'utf8');
}

/** Runs the child with nobody reading its output; sends it SIGTERM once it has written all it can. */
async function unread(
  command: (report: string) => readonly string[],
  stdio: StdioOptions,
  pidOf: (pid: number) => number = (pid) => pid,
) {
  const directory = temporaryHome();
  const [program = '', ...args] = command(join(directory, 'report'));
  const child = spawn(program, args, { stdio });
  closeAfterTest(() => child.kill('SIGKILL'));
  await written(directory, 'report', (text) => text === 'listening');
  process.kill(pidOf(child.pid as number), 'SIGTERM');
  return JSON.parse(await written(directory, 'report', (text) => text.endsWith('}')));
}

const bare = (report: string) => [process.execPath, CHILD, report];

describe('output that nobody reads', () => {
  const all = { waiting: 1_000_000, lost: 0 };

  it('does not delay a signal when it is a pipe', async () => {
    expect(await unread(bare, ['ignore', stalledPipe().fd, 'inherit'])).to.deep.equal(all);
  });

  it('does not delay a signal when it is a socket', async () => {
    const { waiting } = await unread(bare, ['ignore', 'pipe', 'inherit']);
    expect(waiting).to.be.within(1, 999_999);
  });

  it('does not delay a signal when it is a terminal that was stopped', async function () {
    if (!hasTerminals) this.skip();
    const stopped = (report: string) => {
      const typed = `stty -F /dev/tty raw; ${bare(report).join(' ')}`;
      return ['script', '-qec', `exec sh -c '${typed}'`, '/dev/null'];
    };
    const { waiting } = await unread(stopped, ['pipe', stalledPipe().fd, 'inherit'], childOf);
    expect(waiting).to.be.within(1, 1_000_000);
  });
});

/** The program on the terminal, below `script` and its shell. */
function childOf(pid: number): number {
  const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  return child ? childOf(Number(child)) : pid;
}
