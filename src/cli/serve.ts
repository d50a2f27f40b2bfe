import { RedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';
import { repeatable } from '../base/options.js';
import { errorCode, plainMessage } from '../files/trouble.js';
import type { Misbehaviour } from '../receivers/stub/misbehaviour.js';
import { type StubServer, startServer } from '../receivers/stub/server.js';
import { type CommandBody, type DefineCommand, example } from './command.js';
import { UsageError } from './failure.js';
import { onInterrupt } from './job-control.js';
import { fraction, wholeNumber } from './option-values.js';
import { Output } from './output.js';

/** `redrain serve`: the stub receiver behind real HTTP, until a signal comes. */
export const define: DefineCommand = (command, run) => {
  command
    .description(
      'Run the stub receiver: batch protocol, tokens, health document, GET /stats. Stores what it receives byte for byte.',
    )
    .option('--port <n>', 'port on 127.0.0.1; 0 picks a free one', wholeNumber, 0)
    .option('--db <file>', 'SQLite file of what it receives', ':memory:')
    .option('--fail-rate <p>', 'answer 503 with this probability', fraction)
    .option('--latency <ms>', 'wait before each answer', wholeNumber)
    .option('--status <code>', 'answer every post with this status', wholeNumber)
    .addOption(repeatable('--reject-type <type>', 'reject events of this type'))
    .option('--reset [p]', 'drop the connection after reading the body, with this probability')
    .option('--reset-after-store', 'store the events before dropping the connection')
    .option('--seed <n>', 'repeat the same random choices', wholeNumber)
    .addHelpText('after', example('redrain serve --port 8080 --fail-rate 0.1'))
    .action(run(serve));
};

interface ServeOptions {
  readonly port: number;
  readonly db: string;
  readonly failRate?: number;
  readonly latency?: number;
  readonly status?: number;
  readonly rejectType: readonly string[];
  readonly reset?: true | string;
  readonly resetAfterStore?: boolean;
  readonly seed?: number;
}

const serve: CommandBody<ServeOptions> = async (call) => {
  const output = new Output(call.globals);
  const { options } = call;
  const server = await started(options);
  const { url, port } = server;
  output.result({ url, port, db: options.db, pid: process.pid }, () => `receiving on ${url}`);
  const interrupt = onInterrupt(output, 'the requests under way');
  try {
    await aborted(interrupt.signal);
    output.note(JSON.stringify(server.sink.stats()));
    return EXIT.done;
  } finally {
    // A server that still listens keeps the process, whatever became of its sink.
    await server.close();
    interrupt.done();
  }
};

/** The port is taken, or the file cannot be opened: trouble of this machine, not of this program. */
class CannotServeError extends RedrainError {
  override readonly name = 'CannotServeError';
  readonly code = 'CANNOT_SERVE';
}

async function started(options: ServeOptions): Promise<StubServer> {
  const { port, db } = options;
  if (port > LAST_PORT) throw new UsageError(`--port ${port} must be at most ${LAST_PORT}`);
  const misbehave = misbehaviourOf(options);
  try {
    return await startServer({ port, db, misbehave });
  } catch (error) {
    const why = portTrouble(error) ?? plainMessage(error);
    throw new CannotServeError(`cannot serve on port ${port} with ${db}: ${why}`);
  }
}

const PORT_TROUBLES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens on this port: choose another, or 0 for any that is free',
  EACCES: 'this user may not listen on this port: choose one from 1024 on',
};

/** Undefined for an error that is about no port. */
function portTrouble(error: unknown): string | undefined {
  const isListening = (error as { syscall?: unknown } | null)?.syscall === 'listen';
  return isListening ? PORT_TROUBLES[errorCode(error)] : undefined;
}

const LAST_PORT = 65_535;

function misbehaviourOf(options: ServeOptions): Misbehaviour {
  const { failRate, latency, status, rejectType, resetAfterStore, seed } = options;
  const reset = resetOf(options.reset);
  return {
    ...(failRate === undefined ? {} : { failRate }),
    ...(latency === undefined ? {} : { latencyMs: latency }),
    ...(status === undefined ? {} : { status }),
    ...(rejectType.length === 0 ? {} : { rejectTypes: rejectType }),
    ...(reset === undefined ? {} : { reset }),
    ...(resetAfterStore === undefined ? {} : { resetAfterStore }),
    ...(seed === undefined ? {} : { seed }),
  };
}

/** `--reset` alone drops every connection. */
function resetOf(reset: ServeOptions['reset']): number | undefined {
  if (reset === undefined) return undefined;
  const probability = reset === true ? 1 : Number(reset);
  if (!(probability >= 0 && probability <= 1))
    throw new UsageError(`--reset ${reset} must be a number from 0 to 1`);
  return probability;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
