import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Workspace } from '../workspace.js';
import type { PeerRun } from './peer-process.js';
import type { WayName } from './ways.js';

const run = promisify(execFile);
const PROGRAM = fileURLToPath(new URL('./peer-process.js', import.meta.url));

/** What is run: one peer, one way, so many events. */
export interface Given {
  readonly peer: string;
  readonly way: WayName;
  readonly events: number;
}

/** One run in a process of its own, on an empty directory. */
export function runPeer(workspace: Workspace, given: Given): Promise<PeerRun> {
  return inDirectory(workspace, (directory) => peerProcess(given, directory, []));
}

/**
 * Calls of fsync for one event: those of a run less those of a shorter one, so that
 * starting and ending do not count. The processes are traced, and those that they
 * start. Undefined without strace.
 */
export async function syncsPerEvent(
  workspace: Workspace,
  given: Given,
): Promise<number | undefined> {
  const half = Math.ceil(given.events / 2);
  try {
    const [all, part] = [
      await syncs(workspace, given),
      await syncs(workspace, { ...given, events: half }),
    ];
    return (all - part) / (given.events - half);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function syncs(workspace: Workspace, given: Given): Promise<number> {
  return inDirectory(workspace, async (directory) => {
    const file = join(directory, 'strace');
    const strace = ['strace', '-f', '-qq', '-e', 'trace=fsync,fdatasync', '-o', file];
    const { syncs } = await peerProcess(given, directory, strace);
    return syncs ?? readFileSync(file, 'utf8').match(/\bf(?:data)?sync\(/g)?.length ?? 0;
  });
}

async function peerProcess(
  { peer, way, events }: Given,
  directory: string,
  before: readonly string[],
): Promise<PeerRun> {
  const [program, ...rest] = [
    ...before,
    process.execPath,
    PROGRAM,
    peer,
    way,
    String(events),
    directory,
  ];
  const { stdout } = await run(program as string, rest);
  return JSON.parse(stdout);
}

async function inDirectory<T>(
  workspace: Workspace,
  work: (directory: string) => Promise<T>,
): Promise<T> {
  const directory = workspace.directory('peer');
  try {
    return await work(directory);
  } finally {
    workspace.discard(directory);
  }
}
