import { once } from 'node:events';
import { isatty } from 'node:tty';
import { RedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';
import { errorCode, plainMessage } from '../files/trouble.js';
import { Observatory, type ObservatoryOptions } from '../observatory/observatory.js';
import { type CommandBody, type DefineCommand, example, withApp } from './command.js';
import { UsageError } from './failure.js';
import { onInterrupt } from './job-control.js';
import { wholeNumber } from './option-values.js';
import { Output } from './output.js';
import { timeOf } from './times.js';

/** `redrain open`: the journal, its targets and what is stuck, in a browser. */
export const define: DefineCommand = (command, run) => {
  command
    .description(
      'Show the journal, its targets and what is stuck in a browser, live, on this machine alone. Changes nothing without --allow-writes. Runs until Ctrl-C.',
    )
    .option('--port <n>', 'port on 127.0.0.1; without it a free one', wholeNumber, 0)
    .option('--no-browser', 'print the link only')
    .option('--allow-writes', 'let plans be applied: retry, replay, ack, conflicts, pause')
    .addHelpText('after', example('redrain open --port 8700 --no-browser'))
    .action(run(open));
};

interface OpenOptions {
  readonly port: number;
  readonly browser: boolean;
  readonly allowWrites?: boolean;
}

/** The port is taken, or may not be used. */
class CannotOpenError extends RedrainError {
  override readonly name = 'CannotOpenError';
  readonly code = 'CANNOT_OPEN';
}

const LAST_PORT = 65_535;

const open: CommandBody<OpenOptions> = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const { port, browser, allowWrites = false } = call.options;
    if (port > LAST_PORT) throw new UsageError(`--port ${port} must be at most ${LAST_PORT}`);
    const readTime = (text: string, now: number): number => timeOf('the time', text, now);
    const interrupt = onInterrupt(output, 'closing the pages');
    const observatory = await started({ app, port, allowWrites, readTime });
    const forget = onEnter(() => output.line(observatory.newLink()));
    try {
      const url = observatory.newLink();
      const { pid } = process;
      output.result({ url, port: observatory.port, pid, allow_writes: allowWrites }, () => url);
      if (browser && output.isInteractive) await showIn(output, url, app.env);
      if (!interrupt.signal.aborted) await once(interrupt.signal, 'abort');
      return EXIT.done;
    } finally {
      forget();
      interrupt.done();
      await observatory.close();
    }
  });

async function started(options: ObservatoryOptions): Promise<Observatory> {
  try {
    return await Observatory.start(options);
  } catch (error) {
    const why =
      errorCode(error) === 'EADDRINUSE'
        ? 'another program listens there: choose another --port, or leave it out'
        : plainMessage(error);
    throw new CannotOpenError(`port ${options.port} on 127.0.0.1 cannot be used: ${why}`);
  }
}

/** A link is good once: Enter at the terminal gives another one. Returns how to stop listening. */
function onEnter(act: () => void): () => void {
  if (!isatty(0)) return () => undefined;
  const { stdin } = process;
  stdin.on('data', act).resume();
  return () => void stdin.off('data', act).pause();
}

/** A browser of this desktop; over ssh there is none, and what would start is a text browser. */
async function showIn(output: Output, url: string, env: NodeJS.ProcessEnv): Promise<void> {
  output.note('Good for one browser. Enter gives another link, Ctrl-C ends it.');
  if (env.SSH_CONNECTION) {
    const { host, port } = new URL(url);
    const forward = `ssh -L ${port}:${host} MACHINE`;
    return output.note(`Over ssh, forward the port first (${forward}), then open the link.`);
  }
  try {
    const { default: openBrowser } = await import('open');
    const browser = await openBrowser(url);
    browser.once('error', (error) => output.note(cannotStart(error)));
  } catch (error) {
    output.note(cannotStart(error));
  }
}

const cannotStart = (error: unknown): string =>
  `No browser could be started (${plainMessage(error)}): open the link yourself.`;
