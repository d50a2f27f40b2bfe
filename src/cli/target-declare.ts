import { type Command, Option } from 'commander';
import type { App } from '../app/app.js';
import {
  type AddReport,
  addTarget,
  renameTarget,
  setTarget,
  useTarget,
} from '../app/declared-targets.js';
import { endpointChangeWarning } from '../app/endpoint-change.js';
import { type OtherAddress, otherAddress } from '../app/target-address.js';
import { readTarget, type TargetDetails } from '../app/target-details.js';
import { gateOf } from '../app/test-target.js';
import { wholeText } from '../base/advice.js';
import { EXIT } from '../base/exit-codes.js';
import { repeatable } from '../base/options.js';
import { withoutForeign } from '../config/request-frame.js';
import type { SettingsEdit } from '../config/target-edit.js';
import {
  ACKS,
  CLOUDEVENTS_MODES,
  COMPRESSIONS,
  TARGET_FORMATS,
} from '../config/target-settings.js';
import { ask } from './ask.js';
import { type CommandBody, type DefineCommand, example, withApp } from './command.js';
import { UsageError } from './failure.js';
import { BODY_HELP, FORMAT_HELP, ITEM_HELP } from './format-help.js';
import { wholeNumber } from './option-values.js';
import { Output } from './output.js';
import { goneLines } from './target-advice.js';
import { documentOf, settingLines, shownSetting } from './target-show.js';
import { fromIn, headersIn, WORD_KEYS, wantedChanges } from './target-words.js';
import { TerminalStream } from './terminal-stream.js';

/** `redrain targets add NAME URL`. */
export const defineAdd: DefineCommand = (command, run) => {
  command
    .summary('declare a target')
    .description(
      'Declare where events may go, in config.toml. The first target is the active one. A known address keeps its deliveries.',
    )
    .argument('<name>', 'what it is called: a-z, 0-9, ".", "_" and "-"')
    .argument('<url>', `where it is; a value of its query may be a variable, ?key=\${NAME}`);
  addSettings(command)
    .addHelpText('after', example('redrain targets add orders https://hooks.example/in'))
    .action(run(add));
};

function addSettings(command: Command): Command {
  return command
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
    .addOption(repeatable('--secret-env <ENV_VAR>', 'the variable with the secret that signs'))
    .option('--auth-env <ENV_VAR>', 'the variable that holds the token')
    .addOption(
      repeatable('--header <NAME=ENV_VAR>', 'a header and the variable that holds its value'),
    )
    .option('--types <list>', 'which event types it gets: "Order*,!OrderDraft*"')
    .addOption(new Option('--projects <which>', 'whose events').choices(['all', 'allowed']))
    .option('--from <when>', 'which events: all, now, or those since yesterday, 2026-11-22, …')
    .addOption(
      new Option('--ack <what>', 'what decides whether an event was delivered').choices([...ACKS]),
    )
    .addOption(
      new Option('--compression <which>', 'whether requests are compressed').choices([
        ...COMPRESSIONS,
      ]),
    )
    .option(
      '--concurrency <n>',
      'requests at the same time, in formats of one event each',
      wholeNumber,
    )
    .option('--rate <events>', 'at most so many events: 500/s, 30/m or 1000/h')
    .option('--max-events <n>', 'most events in one request', wholeNumber)
    .option('--max-bytes <n>', 'most bytes in one request', wholeNumber)
    .option('--client-cert <file>', 'the certificate that redrain shows')
    .option('--client-key <file>', 'its key')
    .option('--ca-file <file>', 'certificate authorities to trust at this target');
}

/** `redrain targets set NAME KEY=VALUE…`. */
export const defineSet: DefineCommand = (command, run) => {
  command
    .summary('change settings of a target')
    .description(
      `Change settings of a target in config.toml; KEY= takes one back to its default. Keys: ${WORD_KEYS.join(', ')}.`,
    )
    .argument('<target>', 'name, id or address')
    .argument('<settings...>', 'KEY=VALUE')
    .option('--same', 'with url=: the same receiver has moved; it keeps what it has')
    .option('--yes', 'with url=: the name may point at another target, which gets everything')
    .addHelpText('after', example('redrain targets set billing format=webhook ack=auto'))
    .action(run(set));
};

/** `redrain targets rename A B`. */
export const defineRename: DefineCommand = (command, run) => {
  command
    .summary('give a target another name')
    .description('Give a target another name. Nothing is sent again because of it.')
    .argument('<target>', 'name, id or address')
    .argument('<name>', 'what it is called from now on')
    .addHelpText('after', example('redrain targets rename 2 preview'))
    .action(run(rename));
};

/** `redrain use NAME`. */
export const defineUse: DefineCommand = (command, run) => {
  command
    .description(
      'Make a target the active one: `redrain now` and workers without a target of their own send there.',
    )
    .argument('<target>', 'name, id or address')
    .addHelpText('after', example('redrain use billing'))
    .action(run(use));
};

interface AddOptions extends Omit<SettingsEdit, 'types' | 'headers' | 'secretEnv' | 'mode'> {
  readonly types?: string;
  readonly header: readonly string[];
  readonly secretEnv: readonly string[];
  readonly cloudevents?: SettingsEdit['mode'];
}

const add: CommandBody<AddOptions> = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const [name = '', url = ''] = call.args;
    await warnOfQuery(app, url, output);
    const report = await addTarget(app, { name, url, settings: settingsOf(call.options) });
    const details = await readTarget(app, name);
    await warnOfGate(app, details, output);
    output.result({ ...documentOf(details, app.env), was_known: report.wasKnown }, () =>
      [addedLine(details), ...knownLines(report, details, app), ...nextLines(details)].join('\n'),
    );
    return EXIT.done;
  });

/** Only what was given: the rest keeps what a known target has, or has its default. */
function settingsOf({
  types,
  header,
  secretEnv,
  cloudevents,
  from,
  ...plain
}: AddOptions): SettingsEdit {
  if (cloudevents !== undefined && plain.format !== undefined && plain.format !== 'cloudevents')
    throw new UsageError(`--cloudevents belongs to --format cloudevents, not to ${plain.format}`);
  const given = Object.entries(plain).filter(([, value]) => value !== undefined);
  return {
    ...(Object.fromEntries(given) as SettingsEdit),
    ...(from !== undefined && { from: fromIn('--from', from) }),
    ...(types !== undefined && wantedChanges([`types=${types}`]).settings),
    ...(header.length > 0 && { headers: headersIn(header) }),
    ...(secretEnv.length > 0 && { secretEnv }),
    ...(cloudevents !== undefined && { format: 'cloudevents' as const, mode: cloudevents }),
  };
}

const addedLine = ({ name, address, settings }: TargetDetails): string => {
  const format = settings.find(({ key }) => key === 'format')?.value ?? 'batch';
  return `${name} is declared: ${address} (${String(format)})`;
};

/** Of a known address: what it keeps. */
function knownLines({ wasKnown }: AddReport, { settings }: TargetDetails, app: App) {
  if (!wasKnown) return [];
  const own = settings.filter(({ from }) => from !== 'default');
  return [
    `It is known already, and keeps its deliveries and its settings:`,
    ...settingLines(own, app.env),
  ];
}

function nextLines({ name, isActive, gap }: TargetDetails): string[] {
  const active = isActive
    ? 'It is the active target: `redrain now` sends there.'
    : `It is not the active target: \`redrain use ${name}\` makes it so, \`redrain now --to ${name}\` sends there once.`;
  return [
    ...(gap === undefined ? [] : goneLines(gap)),
    active,
    `\`redrain targets test ${name}\` sends test events and says whether it works.`,
  ];
}

/** Said before it is done: an address that differs in its query alone is another target. */
async function warnOfQuery(app: App, url: string, output: Output): Promise<void> {
  const warning = await endpointChangeWarning(app, undefined, url, '');
  if (warning !== undefined) output.warn(`warning: ${warning}`);
}

async function warnOfGate(app: App, { name }: TargetDetails, output: Output): Promise<void> {
  const gate = await gateOf(app, name);
  if (gate !== undefined) output.warn(`warning: ${wholeText(gate)}`);
}

interface SetOptions {
  readonly same?: boolean;
  readonly yes?: boolean;
}

const set: CommandBody<SetOptions> = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const [given = '', ...words] = call.args;
    const { url, settings } = wantedChanges(words);
    const { same = false } = call.options;
    if (same && url === undefined) throw new UsageError('--same belongs to url=URL');
    const other = url === undefined ? undefined : await otherAddress(app, given, url);
    if (other !== undefined && !same) await confirmOther(given, other, call.options, output);
    const edit = { ...withFormat(settings), ...(url === undefined ? {} : { url }) };
    const report = await setTarget(app, given, { ...edit, same });
    const { name } = report.record;
    const details = await readTarget(app, name);
    await warnOfGate(app, details, output);
    const { changes } = report;
    const before = report.before && { id: report.before.id, name: report.before.name };
    output.result({ ...documentOf(details, app.env), changes, before }, () =>
      [
        ...(other === undefined || changes.length > 0 ? changeLines(name, changes) : []),
        ...movedLines(other, same, report.before),
        ...goneOf(details, other),
      ].join('\n'),
    );
    return EXIT.done;
  });

/** Another format takes away what belongs to the one before, unless it is given as well. */
function withFormat(settings: SettingsEdit): SettingsEdit {
  const { format } = settings;
  return format === undefined ? settings : { ...withoutForeign(format), ...settings };
}

function changeLines(
  name: string,
  changes: readonly { key: string; from: unknown; to: unknown }[],
): string[] {
  if (changes.length === 0) return [`${name} is as it was`];
  return changes.map(
    ({ key, from, to }) => `${name} ${key}: ${shownSetting(from)} → ${shownSetting(to)}`,
  );
}

function movedLines(
  other: OtherAddress | undefined,
  same: boolean,
  before: { readonly id: number; readonly name: string } | null,
): string[] {
  if (other === undefined) return [];
  if (same) return [`It moved from ${other.from}, and keeps everything it has.`];
  const old =
    before === null
      ? ''
      : ` ${other.from} goes on as ${before.name}: \`redrain targets retire ${before.name}\` ends it.`;
  return [`It is another target from now on, which gets everything.${old}`];
}

const goneOf = ({ gap }: TargetDetails, other: OtherAddress | undefined): string[] =>
  other === undefined || gap === undefined ? [] : goneLines(gap);

/** Said before it is done: a changed address makes everything be sent again. */
async function confirmOther(
  given: string,
  { from, to, secrets, known }: OtherAddress,
  { yes = false }: SetOptions,
  output: Output,
): Promise<void> {
  const what =
    known === null
      ? 'another target, which gets everything'
      : `the target ${known}, which gets what it lacks`;
  output.warn(`warning: with ${to} in place of ${from}, ${given} is ${what}`);
  if (secrets.length > 0)
    output.warn(`warning: it is another host, and is sent what ${secrets.join(' and ')} holds`);
  if (yes) return;
  const ways = `--same if the receiver has only moved, --yes if it is another one`;
  if (!output.isInteractive || !process.stdin.isTTY) throw new UsageError(`say which: ${ways}`);
  const [answer = ''] = await ask([{ text: 'Go on? [y/N] ', hidden: false }], {
    input: process.stdin,
    output: new TerminalStream(),
  });
  if (!/^y(es)?$/i.test(answer.trim())) throw new UsageError(`nothing was changed: ${ways}`);
}

const rename: CommandBody = (call) =>
  withApp(call, async (app) => {
    const [given = '', name = ''] = call.args;
    const { id, canonicalUrl } = await renameTarget(app, given, name);
    const document = { id, name, address: canonicalUrl };
    new Output(call.globals).result(document, () => `${canonicalUrl} is called ${name}`);
    return EXIT.done;
  });

const use: CommandBody = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const { name } = await useTarget(app, call.args[0] ?? '');
    const details = await readTarget(app, name);
    await warnOfGate(app, details, output);
    output.result(documentOf(details, app.env), () =>
      [
        `${name} is the active target: \`redrain now\` sends to ${details.address}`,
        ...(details.gap === undefined ? [] : goneLines(details.gap)),
      ].join('\n'),
    );
    return EXIT.done;
  });
