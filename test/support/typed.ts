import { execFileSync } from 'node:child_process';
import { buildProgram } from '../../src/cli/program.js';
import { stderr, stdout } from '../../src/output/standard.js';

export interface Typed {
  readonly code: number;
  readonly stdout: string;
}

/** A command of redrain in this process: much quicker than one of its own. */
export async function typed(home: string, args: readonly string[]): Promise<Typed> {
  let code = 0;
  const program = await buildProgram(args, (exitCode) => {
    code = exitCode;
  });
  const stdout = await muted(() => program.parseAsync(['--home', home, ...args], { from: 'user' }));
  return { code, stdout };
}

/** A line as an operator pastes it: several commands after `&&`, redrain or not. */
export async function typedLine(home: string, line: string): Promise<void> {
  for (const one of line.split(' && ')) {
    const words = one.split(' ').map((word) => word.replaceAll("'", ''));
    if (words[0] === 'redrain') await typed(home, words.slice(1));
    else execFileSync('sh', ['-c', one]);
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
