import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { closeAfterTest } from '../../support/temporary-home.js';

/** A process of its own that has come up and waits for the word. */
export interface Child {
  readonly pid: number;
  /** Lets it do its work; with several children ready, all at the same moment. */
  go(): void;
  readonly ended: Promise<ChildEnd>;
  kill(): void;
}

export interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What it printed last before it ended, parsed; undefined when it never came to that. */
  readonly result: unknown;
  readonly stderr: string;
}

/** Starts a program of this folder and resolves once it is ready. It is killed with the test at the latest. */
export async function startChild(program: string, request: object): Promise<Child> {
  const script = new URL(`./${program}.js`, import.meta.url).pathname;
  const child = spawn(process.execPath, [script, JSON.stringify(request)], { env: {} });
  closeAfterTest(() => child.kill('SIGKILL'));
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const lines: string[] = [];
  const ended = new Promise<ChildEnd>((resolve) => {
    child.on('close', (code, signal) => {
      const last = lines.at(-1);
      resolve({ code, signal, stderr, result: last === undefined ? undefined : JSON.parse(last) });
    });
  });
  await new Promise<void>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      if (line === 'ready') resolve();
      else lines.push(line);
    });
    child.on('close', () => reject(new Error(`the child ended before it was ready: ${stderr}`)));
  });
  return {
    pid: child.pid as number,
    go: () => child.stdin.end('go\n'),
    kill: () => child.kill('SIGKILL'),
    ended,
  };
}
