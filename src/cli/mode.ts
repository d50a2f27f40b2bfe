import { resolve } from 'node:path';
import { Option } from 'commander';
import { shownAddress } from '../address/shown-address.js';
import type { App } from '../app/app.js';
import { changeMode, type ModeReport, type ModeRequest, readMode } from '../app/change-mode.js';
import { endpointChangeWarning } from '../app/endpoint-change.js';
import { wholeText } from '../base/advice.js';
import { EXIT } from '../base/exit-codes.js';
import { repeatable } from '../base/options.js';
import { settingsOf } from '../config/document.js';
import { NAME_IN_FILE, type SyncSettings } from '../config/settings.js';
import {
  ACKS,
  CLOUDEVENTS_MODES,
  COMPRESSIONS,
  SETTING_IN_FILE,
  TARGET_DEFAULTS,
  TARGET_FORMATS,
} from '../config/target-settings.js';
import { MODES, type Mode, parseMode, plainMode, policyOf, spelledMode } from '../policy/mode.js';
import { endpointGateOf } from '../receivers/external/gate.js';
import { hasMisplacedVariable } from '../receivers/external/settings.js';
import { headersFault } from '../receivers/headers.js';
import { canonicalUrl } from '../targets/canonical-url.js';
import type { TargetSettings } from '../targets/registry.js';
import { type CommandBody, type DefineCommand, example, withApp } from './command.js';
import { UsageError } from './failure.js';
import { BODY_HELP, FORMAT_HELP, ITEM_HELP } from './format-help.js';
import { wholeNumber } from './option-values.js';
import { Output } from './output.js';
import { goneAtActive } from './target-advice.js';

/** `redrain mode [MODE]`: show or set the policy. */
export const define: DefineCommand = (command, run, { isNeutral = false } = {}) => {
  const words = isNeutral ? PLAIN_HELP : SPEC_KITTY_HELP;
  command
    .description(words.description)
    .argument('[mode]', words.modes)
    .option('--endpoint <url>', 'where events are sent to; stub: is a receiver within redrain')
    .addOption(
      repeatable('--header <NAME=ENV_VAR>', 'a header and the variable that holds its value'),
    )
    .option('--auth-env <ENV_VAR>', 'the variable that holds the token of the endpoint')
    .addOption(
      new Option('--ack <what>', 'what decides whether an event was delivered').choices([...ACKS]),
    )
    .option('--max-events <n>', 'most events in one post', wholeNumber)
    .option('--max-bytes <n>', 'most bytes of JSON in one post', wholeNumber)
    .addOption(
      new Option('--projects <which>', 'whose events it may have').choices(['all', 'allowed']),
    )
    .addOption(new Option('--format <format>', FORMAT_HELP).choices([...TARGET_FORMATS]))
    .addOption(
      new Option('--cloudevents <mode>', 'the format cloudevents, in this mode').choices([
        ...CLOUDEVENTS_MODES,
      ]),
    )
    .option('--body <json>', BODY_HELP)
    .option('--item <json>', ITEM_HELP)
    .option(
      '--content-type <type>',
      'formats json and lines: the Content-Type in place of their own',
    )
    .addOption(
      repeatable('--secret-env <ENV_VAR>', 'a variable that holds a key for signatures (webhook)'),
    )
    .addOption(
      new Option('--compression <how>', 'whether requests are compressed').choices([
        ...COMPRESSIONS,
      ]),
    )
    .option('--concurrency <n>', 'requests at once, in formats of one event each', wholeNumber)
    .option('--client-cert <file>', 'the certificate to show to the endpoint, PEM')
    .option('--client-key <file>', 'its key, PEM')
    .addHelpText(
      'after',
      example(`redrain mode ${words.endpoint} --endpoint https://hooks.example/in`),
    )
    .action(run(showOrSet));
};

const PLAIN_HELP = {
  description:
    'endpoint keeps events and sends them to the active target; keep keeps them; discard keeps and sends none.',
  modes: 'endpoint, keep or discard',
  endpoint: 'endpoint',
};

const SPEC_KITTY_HELP = {
  description:
    'TEAMSPACE keeps events and sends them to the server; EXTERNAL_RECEIVER keeps them and sends them to your endpoint; LOCAL_RETENTION keeps them; OPT_OUT keeps and sends none. In plain words: teamspace, endpoint, keep, discard.',
  modes: 'TEAMSPACE, EXTERNAL_RECEIVER, LOCAL_RETENTION or OPT_OUT',
  endpoint: 'EXTERNAL_RECEIVER',
};

interface ModeOptions extends Omit<ModeRequest, 'mode' | 'headers' | 'secretEnv'> {
  readonly header: readonly string[];
  readonly secretEnv: readonly string[];
}

const showOrSet: CommandBody<ModeOptions> = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const { options } = call;
    const [word] = call.args;
    if (word === undefined && changesAnything(options))
      throw new UsageError('name the mode these options are for');
    const report = word === undefined ? await readMode(app) : await set(app, word, options, output);
    warnOfGate(app, report.settings, output);
    const gone = await goneAtActive(app);
    output.result(documentOf(report), () => [sentence(report), ...gone].join('\n'));
    return EXIT.done;
  });

async function set(
  app: App,
  word: string,
  options: ModeOptions,
  output: Output,
): Promise<ModeReport> {
  const { config, usesSpecKitty } = await app.situation();
  const before = endpointOf(settingsOf(config));
  const request = requestOf(word, options, usesSpecKitty);
  if (request.mode === 'EXTERNAL_RECEIVER' && !(request.endpoint ?? before))
    throw new UsageError(`the mode ${word} needs --endpoint URL`);
  await warnOf(app, before, request, output);
  return changeMode(app, request);
}

/** The address of the target that EXTERNAL_RECEIVER delivers to. */
const endpointOf = ({ targets, activeTarget }: SyncSettings): string | undefined =>
  targets.get(activeTarget ?? '')?.url;

function requestOf(word: string, options: ModeOptions, usesSpecKitty: boolean): ModeRequest {
  const mode = modeOf(word, usesSpecKitty);
  if (mode !== 'EXTERNAL_RECEIVER' && changesAnything(options)) {
    const sends = spelledMode('EXTERNAL_RECEIVER', usesSpecKitty);
    throw new UsageError(`--endpoint and its companions belong to ${sends}, not to ${word}`);
  }
  const { header, secretEnv, ...rest } = options;
  if (rest.endpoint !== undefined) assertUsable(rest.endpoint);
  const headers = header.map(headerOf);
  const fault = headersFault(headers.map(([name]) => name));
  if (fault !== undefined) throw new UsageError(`--header: ${fault}`);
  return {
    ...rest,
    ...wireOf(options),
    mode,
    headers: Object.fromEntries(headers),
  };
}

function modeOf(word: string, usesSpecKitty: boolean): Mode {
  const mode = parseMode(word);
  if (mode !== undefined) return mode;
  const known = usesSpecKitty ? MODES : NEUTRAL_MODES.map(plainMode);
  throw new UsageError(`there is no mode ${word}: choose one of ${known.join(', ')}`);
}

/** Those that a home of its own is told of. */
const NEUTRAL_MODES = MODES.filter((mode) => mode !== 'TEAMSPACE');

/** How requests look and travel; paths are those of the shell that names them. */
function wireOf(options: ModeOptions): Partial<ModeRequest> {
  const { format, cloudevents, secretEnv, clientCert, clientKey } = options;
  if (cloudevents !== undefined && (format ?? 'cloudevents') !== 'cloudevents')
    throw new UsageError(`--cloudevents and --format ${format} exclude each other`);
  if ((clientCert === undefined) !== (clientKey === undefined))
    throw new UsageError('--client-cert and --client-key belong together');
  const misnamed = secretEnv.find((name) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name));
  if (misnamed !== undefined || secretEnv.length > 2)
    throw new UsageError('--secret-env must be the name of a variable, and there can be two');
  return {
    ...(cloudevents === undefined ? {} : { format: 'cloudevents' }),
    ...(secretEnv.length === 0 ? {} : { secretEnv }),
    ...(clientCert === undefined ? {} : { clientCert: resolve(clientCert) }),
    ...(clientKey === undefined ? {} : { clientKey: resolve(clientKey) }),
  };
}

function assertUsable(endpoint: string): void {
  canonicalUrl(endpoint);
  if (hasMisplacedVariable(endpoint))
    throw new UsageError(`--endpoint: only values of its query may be variables, ?key=\${NAME}`);
}

/** Said before it is done: a changed address can make everything be sent again. */
async function warnOf(
  app: App,
  before: string | undefined,
  { endpoint }: ModeRequest,
  output: Output,
): Promise<void> {
  if (endpoint === undefined) return;
  const warning = await endpointChangeWarning(app, before, endpoint);
  if (warning !== undefined) output.warn(`warning: ${warning}`);
}

/** What keeps events from leaving for the endpoint that is set now. */
function warnOfGate(app: App, settings: ModeReport['settings'], output: Output): void {
  if (settings.mode !== 'EXTERNAL_RECEIVER') return;
  const gate = endpointGateOf(app.env, settings, app.paths);
  if (gate !== undefined) output.warn(`warning: ${wholeText(gate)}`);
}

function changesAnything({ header, secretEnv, ...rest }: ModeOptions): boolean {
  return (
    header.length + secretEnv.length > 0 || Object.values(rest).some((value) => value !== undefined)
  );
}

/** Only the name of a variable is ever written down, so that no secret is. */
function headerOf(text: string): [name: string, variable: string] {
  const match = /^([A-Za-z0-9!#$%&'*+.^_`|~-]+)=([A-Za-z_][A-Za-z0-9_]*)$/.exec(text);
  if (match === null)
    throw new UsageError(
      `--header ${text.split('=')[0]}=… must be NAME=ENV_VAR, the name of a variable`,
    );
  return [match[1] as string, match[2] as string];
}

function documentOf(report: ModeReport) {
  const { target, external: inForce, changes, usesSpecKitty } = report;
  const { mode } = report.settings;
  const { retention, delivery } = policyOf(mode);
  const settings = inForce ?? target?.settings ?? {};
  const { headers, authEnv, ack, maxEvents, maxBytes, projects } = {
    ...TARGET_DEFAULTS,
    ...settings,
    headers: settings.headers,
    authEnv: settings.authEnv,
  };
  return {
    mode: spelledMode(mode, usesSpecKitty),
    retention,
    delivery,
    external: {
      name: target?.name ?? null,
      endpoint: target?.url === undefined ? null : shownAddress(target.url),
      headers: headers ?? {},
      auth_env: authEnv ?? null,
      ack,
      max_events: maxEvents,
      max_bytes: maxBytes,
      projects,
    },
    changes: changes.map(({ key, from, to }) => ({ key: SETTING_IN_FILE[key], from, to })),
  };
}

const KEY_IN_FILE = { headers: 'headers', authEnv: 'auth_env', ...NAME_IN_FILE } as const;

const MEANING: Readonly<Record<Mode, string>> = {
  TEAMSPACE: 'events are kept and sent to the server (`redrain server` shows which)',
  EXTERNAL_RECEIVER: 'events are kept and sent to your endpoint',
  LOCAL_RETENTION: 'events are kept and sent nowhere until you choose another mode',
  OPT_OUT: 'events are neither kept nor sent, as far as their family allows that',
};

function sentence(report: ModeReport): string {
  const { mode } = report.settings;
  const lines = [`mode: ${spelledMode(mode, report.usesSpecKitty)}`, MEANING[mode]];
  if (mode !== 'EXTERNAL_RECEIVER') return lines.join('\n');
  const { url } = report.target ?? {};
  lines.push(`endpoint: ${url === undefined ? NONE_YET : shownAddress(url)}`);
  if (report.external !== undefined) lines.push(...settingLines(report, report.external));
  return lines.join('\n');
}

const NONE_YET = 'none yet: `redrain targets add NAME URL`';

/** What is not as everywhere else; of a known endpoint everything, and changes as changes. */
function settingLines({ changes, knownAs }: ModeReport, inForce: TargetSettings): string[] {
  const changed = new Map(changes.map((change) => [change.key, change]));
  const isTold = (key: (typeof KEYS)[number]) => knownAs !== null || !isDefault(key, inForce[key]);
  const lines = KEYS.filter(isTold).map((key) => {
    const change = changed.get(key);
    const value = shown(inForce[key]);
    return `${KEY_IN_FILE[key]}: ${change === undefined ? value : `${shown(change.from)} → ${value}`}`;
  });
  if (knownAs !== null) lines.push(`These are the settings of the target ${knownAs}.`);
  return lines;
}

const KEYS = Object.keys(KEY_IN_FILE) as (keyof typeof KEY_IN_FILE)[];

function isDefault(key: (typeof KEYS)[number], value: unknown): boolean {
  const { [key]: given }: TargetSettings = TARGET_DEFAULTS;
  return shown(value) === shown(given);
}

/** Headers as they are given: names and the variables that hold their values. */
function shown(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value ?? 'none');
  const headers = Object.entries(value).map(([name, variable]) => `${name}=${variable}`);
  return headers.join(', ') || 'none';
}
