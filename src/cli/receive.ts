import { dirname, join, resolve } from 'node:path';
import type { App } from '../app/app.js';
import { ConfigUnreadableError } from '../config/document.js';
import type { ReceiveSettings } from '../config/settings.js';
import { TokenFile } from '../edges/token-file.js';
import type { SenderRule } from '../hub/admission.js';
import { level, ms, port } from '../workers/worker-options.js';
import { type CommandBody, type DefineCommand, example, withApp } from './command.js';
import { TOKEN_FILE } from './edge-tokens.js';
import { UsageError } from './failure.js';
import { wholeNumber } from './option-values.js';

/** `redrain receive`: events over HTTP into the journal, until a signal comes. */
export const define: DefineCommand = (command, run) => {
  command
    .description(
      'Take events over HTTP into the journal until SIGTERM: batches, webhooks, CloudEvents, lines, and those of other homes (format hub), by POST on any path. What is answered with success is on disk. Logs JSON lines on stdout.',
    )
    .option('--port <n>', 'port to listen on; 0 picks a free one', port)
    .option(
      '--host <address>',
      'address to listen on (127.0.0.1); beyond this machine it takes tokens',
    )
    .option(
      '--tokens <file>',
      'take only what brings a token of this file; default: that of the home',
    )
    .option('--auth-env <NAME>', 'take only what brings the Bearer token in this variable')
    .option('--without-tokens', 'let anybody send who reaches the port')
    .option('--type <name>', 'the type of events that carry none')
    .option('--max-bytes <n>', 'answer 413 to a larger request (8 MiB)', wholeNumber)
    .option('--max-events <n>', 'answer 413 to more events in a request (10000)', wholeNumber)
    .option(
      '--max-requests <n>',
      'requests in work; more are told to come again (1024)',
      wholeNumber,
    )
    .option('--metrics-port <n>', 'serve /healthz, /readyz and /metrics on 127.0.0.1', port)
    .option('--grace <ms|5s>', 'time for the requests under way after SIGTERM', ms, 30_000)
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent', level, 'info')
    .addHelpText('after', example('redrain receive --port 8080'))
    .action(run(receive));
};

interface ReceiveOptions {
  readonly port?: number;
  readonly host?: string;
  readonly tokens?: string;
  readonly authEnv?: string;
  readonly withoutTokens?: boolean;
  readonly type?: string;
  readonly maxBytes?: number;
  readonly maxEvents?: number;
  readonly maxRequests?: number;
  readonly metricsPort?: number;
  readonly grace: number;
  readonly logLevel: string;
}

/** What is in force: options first, then `[redrain.receive]` of config.toml. */
type InForce = ReceiveSettings & { readonly port: number; readonly senders: SenderRule };

const receive: CommandBody<ReceiveOptions> = async (call) => {
  const { options, globals } = call;
  const { port, host, senders, ...settings } = await withApp(call, (app) => inForce(options, app));
  const { maxBytes, maxEvents, maxRequests, metricsPort } = settings;
  const { home, unsafeHome } = globals;
  const { receiveUntilStopped } = await import('../hub/run-hub.js');
  const { resolveLimits } = await import('../receive/limits.js');
  return receiveUntilStopped({
    ...(home !== undefined && { home }),
    ...(unsafeHome !== undefined && { unsafeHome }),
    ...{ port, host, senders },
    rules: options.type === undefined ? {} : { type: options.type },
    limits: resolveLimits({
      maxBytes,
      maxEvents,
      maxBytesAtOnce: Math.max(MOST_BYTES_AT_ONCE, 2 * maxBytes),
      maxDepth: MOST_DEPTH,
    }),
    work: { requests: maxRequests, perSender: Math.max(1, Math.ceil(maxRequests / 4)) },
    ...(metricsPort !== undefined && { metricsPort }),
    grace: options.grace,
    logLevel: options.logLevel,
  });
};

/** @throws ConfigUnreadableError: nobody may send by default where a file may say otherwise. */
async function inForce(options: ReceiveOptions, app: App): Promise<InForce> {
  const config = await app.readConfig();
  if (config.state === 'unreadable') throw new ConfigUnreadableError(config.path, config.reason);
  const { receive } = config.settings;
  const { port = receive.port, host = receive.host } = options;
  if (port === undefined)
    throw new UsageError('no port to listen on: say --port N, or set receive.port in config.toml');
  const { metricsPort = receive.metricsPort } = options;
  const { maxBytes, maxEvents, maxRequests } = { ...receive, ...given(options) };
  for (const [name, value] of Object.entries({ maxBytes, maxEvents, maxRequests }))
    if (value === 0) throw new UsageError(`--${NAMES[name]} must be above 0`);
  const senders = sendersOf({ ...spokenOf(options, receive, app), host }, app);
  return { ...receive, port, host, maxBytes, maxEvents, maxRequests, metricsPort, senders };
}

const given = (options: ReceiveOptions): Partial<ReceiveSettings> =>
  Object.fromEntries(Object.entries(options).filter(([name]) => name in NAMES));

const NAMES: Readonly<Record<string, string>> = {
  maxBytes: 'max-bytes',
  maxEvents: 'max-events',
  maxRequests: 'max-requests',
};

/** Of the bodies of all requests under way. */
const MOST_BYTES_AT_ONCE = 64 * 1024 * 1024;
/** Events as deep as capture takes them: parsing needs no stack. */
const MOST_DEPTH = Number.MAX_SAFE_INTEGER;

/** What is said of who may send. */
interface Said {
  readonly host: string;
  readonly tokens?: string;
  readonly authEnv?: string;
  readonly withoutTokens?: boolean;
}

/** One option about it takes the place of all that the file says. */
function spokenOf(
  { tokens, authEnv, withoutTokens }: ReceiveOptions,
  file: ReceiveSettings,
  { paths }: App,
): Omit<Said, 'host'> {
  const said = { tokens, authEnv, withoutTokens };
  if (Object.values(said).some((one) => one !== undefined)) return present(said);
  if (file.tokens !== undefined && file.authEnv !== undefined)
    throw new UsageError('receive.tokens and receive.auth_env are both set: remove one of the two');
  return present({
    tokens: file.tokens === undefined ? undefined : resolve(dirname(paths.config), file.tokens),
    authEnv: file.authEnv,
  });
}

/** Without what is undefined. */
const present = (said: Readonly<Record<string, unknown>>): Omit<Said, 'host'> =>
  Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));

/** Who may send. Beyond this machine nobody without a token, unless somebody says so. */
function sendersOf(said: Said, { paths, env }: App): SenderRule {
  const { host, tokens, authEnv, withoutTokens } = said;
  const named = [tokens, authEnv, withoutTokens].filter((one) => one !== undefined);
  if (named.length > 1)
    throw new UsageError('--tokens, --auth-env and --without-tokens exclude each other');
  if (authEnv !== undefined) return { token: variable(authEnv, env) };
  if (withoutTokens === true) return { anybody: true };
  const file = new TokenFile(tokens ?? join(paths.state, TOKEN_FILE));
  if (tokens !== undefined || file.isThere) {
    file.tokens();
    return { tokens: file };
  }
  if (isLoopback(host)) return { tokens: file, orAnybody: true };
  throw new UsageError(
    `--host ${host} is reached by other machines, and there are no tokens: redrain edges token add NAME makes one, or say --auth-env NAME, or --without-tokens`,
  );
}

function variable(name: string, env: App['env']): string {
  const value = (env[name] ?? '').trim();
  if (value === '') throw new UsageError(`--auth-env ${name}: this variable is not set`);
  return value;
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
