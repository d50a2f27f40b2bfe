import { execFileSync } from 'node:child_process';
import { buildProgram } from '../../src/cli/program.js';
import { stderr, stdout } from '../../src/output/standard.js';

export interface Typed {
  readonly code: number;
  readonly stdout: string;
}

/** A command of redrain in this process: much quicker than one of its own. */
export async function typed(
  home: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Typed> {
  let code = 0;
  const program = await buildProgram(args, (exitCode) => {
    code = exitCode;
  });
  const words = ['--home', home, ...args];
  const stdout = await muted(() => within(env, () => program.parseAsync(words, { from: 'user' })));
  return { code, stdout };
}

/** A line as an operator pastes it: several commands after `&&`, redrain or not. */
export async function typedLine(
  home: string,
  line: string,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  for (const one of line.split(' && ')) {
    const words = one.split(' ').map((word) => word.replaceAll("'", ''));
    if (words[0] === 'redrain') await typed(home, words.slice(1), env);
    else execFileSync('sh', ['-c', one]);
  }
}

/** Runs work with more in the environment of this process. */
async function within<T>(
  env: Readonly<Record<string, string>>,
  work: () => Promise<T>,
): Promise<T> {
  const before = { ...process.env };
  Object.assign(process.env, env);
  try {
    return await work();
  } finally {
    for (const name of Object.keys(env)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
}

/** Runs work with both outlets of this process taken away, and returns what went to stdout. */
async function muted(work: () => Promise<unknown>): Promise<string> {
  const outlets = [stdout(), stderr()] as const;
  const writes = outlets.map((outlet) => outlet.write);
  let text = '';
  outlets[0].write = (chunk) => {
    text += chunk.toString();
    return true;
  };
  outlets[1].write = () => true;
  try {
    await work();
  } finally {
    for (const [i, outlet] of outlets.entries()) outlet.write = writes[i] as typeof outlet.write;
  }
  return text;
}
