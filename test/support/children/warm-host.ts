// Runs commands one after the other in this process, each as if it had started
// for it: with arguments, variables, directory and standard input of its own.
// fork() gave it two files as standard output and standard error.
import { readFileSync, truncateSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import type { WarmCommand, WarmResult } from '../warm-cli.js';

const [out = '', err = ''] = process.argv.slice(2);
let runs = 0;

process.on('message', (command: WarmCommand) => {
  void run(command).then((result) => process.send?.(result));
});
process.on('disconnect', () => process.exit());

async function run({ main, args, env, cwd, stdin }: WarmCommand): Promise<WarmResult> {
  for (const file of [out, err]) truncateSync(file);
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.chdir(cwd);
  process.argv = [process.execPath, main, ...args];
  process.exitCode = undefined;
  const bytes = Buffer.from(stdin, 'base64');
  const input = Readable.from(bytes.length > 0 ? [bytes] : []);
  Object.defineProperty(process, 'stdin', { value: input, configurable: true });
  runs += 1;
  // The modules it needs stay loaded; the one that runs the command runs again.
  await import(`${startOf(main)}?${runs}`);
  for (const event of ['uncaughtException', 'warning', 'SIGUSR1'])
    process.removeAllListeners(event);
  const code = Number(process.exitCode ?? 0);
  process.exitCode = undefined;
  return { code, stdout: readFileSync(out, 'utf8'), stderr: readFileSync(err, 'utf8') };
}

/** Where the bundle starts to run a command: named last in its first file. */
function startOf(main: string): string {
  const start = readFileSync(main, 'utf8').match(/import\("(\.\/chunks\/run-[^"]+\.js)"\)/)?.[1];
  if (start === undefined) throw new Error(`${main} names no chunk that runs commands`);
  return pathToFileURL(resolve(dirname(main), start)).href;
}
