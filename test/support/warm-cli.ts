import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Cli, type CliOptions, type CliResult, MAIN, resultOf } from './cli.js';

const HOST = fileURLToPath(new URL('./children/warm-host.js', import.meta.url));

/** One command for the warm process. */
export interface WarmCommand {
  readonly main: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** In base64. */
  readonly stdin: string;
}

/** How it ended there. */
export interface WarmResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** These run until a signal ends them, or are about their process. */
const OF_A_PROCESS: ReadonlySet<string> = new Set([
  'worker',
  'serve',
  'receive',
  'top',
  'open',
  'demo',
]);
/** Read once, when the command line is loaded. */
const READ_AT_START = ['NO_COLOR', 'FORCE_COLOR', 'NODE_OPTIONS'];

/**
 * The same released command line, but one process runs the commands of a whole test
 * file and of the next ones, one after the other: it starts once, and a command costs
 * a tenth. For tests of what commands say and do; where the process itself is what is
 * tested (its signals, locks against another one, its death, its speed), use `Cli`.
 */
export class WarmCli extends Cli {
  override async run(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
    const { env: more, stdin = '', ...others } = options;
    const env = { ...this.env, ...more };
    const isOwn =
      OF_A_PROCESS.has(args[0] ?? '') ||
      READ_AT_START.some((name) => name in env) ||
      Object.values(others).some((value) => value !== undefined);
    if (isOwn) return super.run(args, options);
    const all = [...args, '--home', this.home];
    const text = Buffer.from(stdin).toString('base64');
    return inTurn({ main: MAIN, args: all, env, cwd: this.cwd, stdin: text });
  }
}

let host: Promise<ChildProcess> | undefined;
let last: Promise<unknown> = Promise.resolve();

/** One after the other. */
function inTurn(command: WarmCommand): Promise<CliResult> {
  const result = last.then(() => inHost(command));
  last = result.catch(() => undefined);
  return result;
}

async function inHost(command: WarmCommand): Promise<CliResult> {
  host ??= startHost();
  const child = await host;
  const answer = new Promise<WarmResult>((resolve, reject) => {
    const ended = (): void => {
      host = undefined;
      reject(new Error(`the warm process ended in: redrain ${command.args.join(' ')}`));
    };
    child.once('exit', ended);
    child.once('message', (result: WarmResult) => {
      child.off('exit', ended);
      resolve(result);
    });
  });
  child.ref();
  child.channel?.ref();
  child.send(command);
  const { code, stdout, stderr } = await answer;
  child.unref();
  child.channel?.unref();
  return resultOf(code, null, stdout, stderr);
}

/** Its output goes to two files, which it reads itself after each command; it ends with this process. */
async function startHost(): Promise<ChildProcess> {
  const directory = mkdtempSync(join(tmpdir(), 'redrain-warm-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  const paths = ['out', 'err'].map((name) => join(directory, name));
  const files = paths.map((path) => openSync(path, 'a'));
  const { PATH = '' } = process.env;
  const child = fork(HOST, paths, {
    env: { PATH },
    execArgv: [],
    stdio: ['ignore', ...files, 'ipc'],
  });
  for (const file of files) closeSync(file);
  await once(child, 'spawn');
  return child;
}
