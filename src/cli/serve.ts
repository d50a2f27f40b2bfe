import { RedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';
import { grouped } from '../base/grouped.js';
import { repeatable } from '../base/options.js';
import { visible } from '../base/visible.js';
import { errorCode, plainMessage } from '../files/trouble.js';
import { assertUsable, type Credentials } from '../receive/authentication.js';
import type { RequestSummary } from '../receive/handler.js';
import type { HealthOptions } from '../receivers/stub/documents.js';
import type { Misbehaviour } from '../receivers/stub/misbehaviour.js';
import type { ServedRequest } from '../receivers/stub/routes.js';

import { type StubServer, startServer } from '../receivers/stub/server.js';
import type { SinkStats } from '../receivers/stub/sink.js';
import { type CommandBody, type DefineCommand, example } from './command.js';
import { UsageError } from './failure.js';
import { onInterrupt } from './job-control.js';
import { fraction, wholeNumber } from './option-values.js';
import { count, Output } from './output.js';

/** Kept nowhere. */
const IN_MEMORY = ':memory:';

/** `redrain serve`: the stub receiver behind real HTTP, until a signal comes. */
export const define: DefineCommand = (command, run) => {
  command
    .description(
      'Run a receiver to test with: takes events in every format on any path, stores them byte for byte, and shows a line for each request on a terminal or with --verbose. GET /stats counts what it has.',
    )
    .option('--port <n>', 'port on 127.0.0.1; 0 picks a free one', wholeNumber, 0)
    .option('--db <file>', 'SQLite file of what it receives', IN_MEMORY)
    .option('--fail-rate <p>', 'answer 503 with this probability', fraction)
    .option('--latency <ms>', 'wait before each answer', wholeNumber)
    .option('--status <code>', 'answer every post with this status', wholeNumber)
    .addOption(repeatable('--reject-type <type>', 'reject events of this type'))
    .option('--reset [p]', 'drop the connection after reading the body, with this probability')
    .option('--reset-after-store', 'store the events before dropping the connection')
    .option('--seed <n>', 'repeat the same random choices', wholeNumber)
    .option('--retry-after <s>', 'send Retry-After with answers 429 and 5xx', wholeNumber)
    .option('--max-events <n>', 'answer 413 to more events in a request', wholeNumber)
    .option('--max-bytes <n>', 'answer 413 to a larger request', wholeNumber)
    .option('--no-health', 'offer no health document; else it states these limits')
    .addOption(
      repeatable(
        '--secret-env <NAME>',
        'take only what is signed with the secret in this environment variable',
      ),
    )
    .addOption(
      repeatable(
        '--token-env <NAME>',
        'take only what brings the Bearer token in this environment variable',
      ),
    )
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
  readonly retryAfter?: number;
  readonly maxEvents?: number;
  readonly maxBytes?: number;
  readonly health: boolean;
  readonly secretEnv: readonly string[];
  readonly tokenEnv: readonly string[];
}

const serve: CommandBody<ServeOptions> = async (call) => {
  const output = new Output(call.globals);
  const { options } = call;
  const isShown = output.isInteractive || output.verbose;
  const show = (request: ServedRequest): void => output.note(requestLine(request));
  const server = await started(options, isShown ? show : undefined);
  const { url, port } = server;
  output.result({ url, port, db: options.db, pid: process.pid }, () => `receiving on ${url}`);
  const interrupt = onInterrupt(output, 'the requests under way');
  try {
    await aborted(interrupt.signal);
    output.note(summaryLine(server.sink.stats()));
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

async function started(
  options: ServeOptions,
  onRequest: ((request: ServedRequest) => void) | undefined,
): Promise<StubServer> {
  const { port, db } = options;
  if (port > LAST_PORT) throw new UsageError(`--port ${port} must be at most ${LAST_PORT}`);
  assertStatus(options.status);
  const misbehave = misbehaviourOf(options);
  const rules = { retryAfterS: options.retryAfter, credentials: credentialsOf(options) };
  const health = healthOf(options);
  try {
    return await startServer({
      port,
      db,
      misbehave,
      rules,
      health,
      ...(onRequest && { onRequest }),
    });
  } catch (error) {
    const why = portTrouble(error) ?? plainMessage(error);
    const where = db === IN_MEMORY ? '' : ` with ${db}`;
    throw new CannotServeError(`cannot serve on port ${port}${where}: ${why}`);
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

/** Others begin no answer, or cannot be sent. */
function assertStatus(status = 200): void {
  if (status < 200 || status > 599) throw new UsageError(`--status ${status} must be 200 to 599`);
}

function healthOf({ health, maxEvents, maxBytes }: ServeOptions): HealthOptions {
  for (const [name, value] of Object.entries({ 'max-events': maxEvents, 'max-bytes': maxBytes }))
    if (value === 0) throw new UsageError(`--${name} must be above 0`);
  const limits = {
    ...(maxEvents !== undefined && { maxEvents }),
    ...(maxBytes !== undefined && { maxBytes }),
  };
  return { offered: health, ...(Object.keys(limits).length > 0 && { limits }) };
}

function credentialsOf({ secretEnv, tokenEnv }: ServeOptions): Credentials {
  const credentials = {
    ...(secretEnv.length > 0 && { secret: secretEnv.map((name) => variable('secret-env', name)) }),
    ...(tokenEnv.length > 0 && { token: tokenEnv.map((name) => variable('token-env', name)) }),
  };
  try {
    assertUsable(credentials);
    return credentials;
  } catch (error) {
    throw new UsageError(`--secret-env ${secretEnv.join(', ')}: ${plainMessage(error)}`);
  }
}

function variable(option: string, name: string): string {
  const value = process.env[name] ?? '';
  if (value === '') throw new UsageError(`--${option} ${name}: this variable is not set`);
  return value;
}

/** `12 requests, 3,000 events, 1 of them received before` */
function summaryLine({ posts, events, duplicates }: SinkStats): string {
  const again = duplicates === 0 ? '' : `, ${grouped(duplicates)} received before`;
  return `${count(posts, 'request')}, ${count(events, 'event')}${again}`;
}

/** `POST /in batch 3 events: 2 success, 1 duplicate, 4 ms`. */
function requestLine({ method, path, status, elapsedMs, events }: ServedRequest): string {
  const format = events?.format === undefined ? '' : ` ${events.format}`;
  const said = events === undefined ? `${status}` : verdictOf(events, status);
  return `${method} ${visible(path)}${format} ${said}, ${Math.round(elapsedMs)} ms`;
}

function verdictOf(summary: RequestSummary, status: number | null): string {
  const events = count(summary.events, 'event');
  if (status === null) return `${events}: connection dropped`;
  const { success, duplicate, rejected } = summary;
  const counts = Object.entries({ success, duplicate, rejected }).filter(([, n]) => n > 0);
  const verdicts = counts.map(([name, n]) => `${grouped(n)} ${name}`).join(', ');
  const reason = summary.reason === undefined ? '' : ` (${visible(summary.reason)})`;
  if (status >= 200 && status <= 299) return `${events}: ${verdicts || status}${reason}`;
  return `${summary.events > 0 ? `${events}: ` : ''}${status}${reason}`;
}

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
