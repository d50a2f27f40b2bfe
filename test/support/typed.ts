import { execFileSync } from 'node:child_process';
import type { Command } from 'commander';
import type { CommandCall } from '../../src/cli/command.js';
import { reportFailure } from '../../src/cli/failure.js';
import { type GlobalOptions, Output } from '../../src/cli/output.js';
import { buildProgram } from '../../src/cli/program.js';

export interface Typed {
  readonly code: number;
  readonly stdout: string;
}

/** A command of redrain in this process: much quicker than one of its own. */
export async function typed(home: string, args: readonly string[]): Promise<Typed> {
  let code = 0;
  const program = buildProgram((load) => async (...parameters) => {
    const command = parameters.at(-1) as Command;
    const globals = command.optsWithGlobals<GlobalOptions>();
    const call: CommandCall = { args: command.args, options: command.opts(), globals };
    try {
      code = await (await load()).run(call);
    } catch (error) {
      code = reportFailure(error, new Output(globals));
    }
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

async function muted(work: () => Promise<unknown>): Promise<string> {
  const { write: out } = process.stdout;
  const { write: err } = process.stderr;
  let text = '';
  process.stdout.write = ((chunk: string) => {
    text += chunk;
    return true;
  }) as typeof out;
  process.stderr.write = (() => true) as typeof err;
  try {
    await work();
  } finally {
    process.stdout.write = out;
    process.stderr.write = err;
  }
  return text;
}
