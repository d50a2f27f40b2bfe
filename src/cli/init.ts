import { Option } from 'commander';
import type { App } from '../app/app.js';
import { type InitReport, type InitWish, initHome, readInit } from '../app/init.js';
import { EXIT } from '../base/exit-codes.js';
import { TARGET_FORMATS } from '../config/target-settings.js';
import { spelledMode } from '../policy/mode.js';
import { ask } from './ask.js';
import { type CommandBody, type DefineCommand, example, withApp } from './command.js';
import { UsageError } from './failure.js';
import { FORMAT_HELP } from './format-help.js';
import { Output } from './output.js';
import { TerminalStream } from './terminal-stream.js';

/** `redrain init`: where events go, asked once. */
export const define: DefineCommand = (command, run, { isNeutral = false } = {}) => {
  const theirs = new Option('--spec-kitty', 'send events to the server of Spec Kitty');
  command
    .description(
      'Set up a home: events go to a URL, or are kept here. Asks on a terminal. Replaces nothing that is set up already.',
    )
    .option('--url <url>', 'send events there')
    .option('--name <name>', 'what that target is called')
    .addOption(new Option('--format <format>', FORMAT_HELP).choices([...TARGET_FORMATS]))
    .option('--keep', 'keep events here and send them nowhere')
    .addOption(isNeutral ? theirs.hideHelp() : theirs)
    .addHelpText('after', example('redrain init --url https://hooks.example/in --name orders'))
    .action(run(init));
};

interface InitOptions {
  readonly url?: string;
  readonly name?: string;
  readonly format?: Extract<InitWish, { to: 'url' }>['format'];
  readonly keep?: boolean;
  readonly specKitty?: boolean;
}

const init: CommandBody<InitOptions> = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const given = wishIn(call.options);
    const report = given === undefined ? await asked(app, output) : await initHome(app, given);
    output.result(documentOf(app, report), () => sentence(app, report).join('\n'));
    return EXIT.done;
  });

function wishIn({ url, name, format, keep, specKitty }: InitOptions): InitWish | undefined {
  const ways = [url !== undefined, keep === true, specKitty === true];
  if (ways.filter(Boolean).length > 1)
    throw new UsageError('events go to one place: use one of --url and --keep');
  if (url === undefined && (name !== undefined || format !== undefined))
    throw new UsageError('--name and --format belong to --url');
  if (url !== undefined) return { to: 'url', url, name, format };
  if (keep === true) return { to: 'keep' };
  return specKitty === true ? { to: 'spec-kitty' } : undefined;
}

/** What was decided before is not asked again. */
async function asked(app: App, output: Output): Promise<InitReport> {
  const known = await readInit(app);
  if (known !== undefined) return known;
  if (!output.isInteractive || process.stdin.isTTY !== true)
    throw new UsageError('say where events should go: --url URL, or --keep');
  const { usesSpecKitty } = await app.situation();
  const theirs = usesSpecKitty ? ' "spec-kitty" for its server,' : '';
  const text = `Where should events go? A URL,${theirs} or Enter to keep them here: `;
  const terminal = { input: process.stdin, output: new TerminalStream() };
  const [answer = ''] = await ask([{ text, hidden: false }], terminal);
  return initHome(app, wishOf(answer.trim()));
}

function wishOf(answer: string): InitWish {
  if (answer === '' || /^keep$/i.test(answer)) return { to: 'keep' };
  if (/^(spec[ -]?kitty|teamspace)$/i.test(answer)) return { to: 'spec-kitty' };
  return { to: 'url', url: answer };
}

const documentOf = (
  { paths }: App,
  { changed, mode, usesSpecKitty, target, isActive }: InitReport,
) => ({
  home: paths.home,
  changed,
  mode: spelledMode(mode, usesSpecKitty),
  target: target === undefined ? null : { ...target, is_active: isActive },
});

function sentence({ paths }: App, report: InitReport): string[] {
  const done = report.changed ? 'is set up' : 'was set up already: nothing was changed';
  return [`The home ${paths.home} ${done}.`, ...where(report), ...next(report)];
}

function where({ mode, target, isActive }: InitReport): string[] {
  if (target !== undefined)
    return [`Events ${isActive ? 'go' : 'can go'} to ${target.name}: ${target.address}`];
  if (mode === 'TEAMSPACE') return ['Events go to the server of Spec Kitty.'];
  return [`Events are ${mode === 'OPT_OUT' ? 'neither kept nor sent' : 'kept here'}.`];
}

function next({ mode, target, isActive }: InitReport): string[] {
  if (target !== undefined && !isActive)
    return [`Next: \`redrain use ${target.name}\` makes it the active target.`];
  if (target !== undefined)
    return [
      `Next: \`redrain targets test ${target.name}\` finds out whether it works,`,
      '`redrain capture FILE` takes events in, `redrain now` sends them.',
    ];
  if (mode === 'TEAMSPACE') return ['Next: `redrain login URL` signs you in.'];
  return [
    'Next: `redrain capture FILE` takes events in. `redrain targets add NAME URL` and',
    '`redrain use NAME` send them, whenever you like.',
  ];
}
