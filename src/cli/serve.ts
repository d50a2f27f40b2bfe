import { RedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';
import { errorCode, plainMessage } from '../files/trouble.js';
import type { Misbehaviour } from '../receivers/stub/misbehaviour.js';
import { type StubServer, startServer } from '../receivers/stub/server.js';
import type { CommandBody } from './command.js';
import { UsageError } from './failure.js';
import { onInterrupt } from './interrupt.js';
import { Output } from './output.js';

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

/** `redrain serve`: the stub receiver behind real HTTP, until a signal comes. */
export const run: CommandBody = async (call) => {
  const output = new Output(call.globals);
  const options = call.options as unknown as ServeOptions;
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
