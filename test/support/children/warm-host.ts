// Runs commands one after the other in this process, each as if it had started
// for it: with arguments, variables, directory and standard input of its own.
// fork() gave it two files as standard output and standard error.
import { readFileSync, truncateSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import type { WarmCommand, WarmResult } from '../warm-cli.js';

const [out = '', err = ''] = process.argv.slice(2);

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
  // What it loads stays loaded.
  await commandLineOf(main)(args);
  for (const event of ['uncaughtException', 'warning', 'SIGUSR1'])
    process.removeAllListeners(event);
  const code = Number(process.exitCode ?? 0);
  process.exitCode = undefined;
  return { code, stdout: readFileSync(out, 'utf8'), stderr: readFileSync(err, 'utf8') };
}

/** What runs a command in the bundle. */
function commandLineOf(main: string): (words: readonly string[]) => Promise<void> {
  const load = createRequire(main);
  return (load('./chunks/run.cjs') as { runCommandLine: ReturnType<typeof commandLineOf> })
    .runCommandLine;
}
