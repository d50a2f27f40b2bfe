import { type TargetTest, testTarget } from '../app/test-target.js';
import { EXIT } from '../base/exit-codes.js';
import { repeatable } from '../base/options.js';
import { color } from './color.js';
import { type CommandBody, type DefineCommand, example, withApp } from './command.js';
import { UsageError } from './failure.js';
import { bytes, Output } from './output.js';

/** `redrain targets test NAME`. */
export const define: DefineCommand = (command, run) => {
  command
    .summary('find out what a target does with events')
    .description(
      'Send test events (canaries) that are in no journal, and say what is wrong and which settings fit. Exits with 2 when they do not arrive.',
    )
    .argument('<target>', 'name, id or address')
    .addOption(
      repeatable(
        '--member <NAME=JSON>',
        'a member that the receiver wants and the test events get',
      ),
    )
    .option('--light', 'send one test event; send nothing twice, and nothing large')
    .addHelpText('after', example('redrain targets test billing'))
    .action(run(test));
};

interface TestOptions {
  readonly member: readonly string[];
  readonly light?: boolean;
}

const test: CommandBody<TestOptions> = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const members = Object.fromEntries(call.options.member.map(memberOf));
    const controller = new AbortController();
    const stop = () => controller.abort();
    process.once('SIGINT', stop);
    try {
      const report = await testTarget(app, call.args[0] ?? '', {
        members,
        isLight: call.options.light === true,
        signal: controller.signal,
        onStep: (step) => output.isInteractive && output.note(`${step} …`),
      });
      const command = commandFor(report);
      output.result({ ...report, command }, () => textOf(report, command));
      return report.works ? EXIT.done : EXIT.checkFailed;
    } finally {
      process.off('SIGINT', stop);
    }
  });

/** `text="hello"`, `streams=[]`; what is not JSON is a text. */
function memberOf(text: string): [name: string, value: unknown] {
  const at = text.indexOf('=');
  if (at <= 0) throw new UsageError(`--member ${text.slice(0, 40)} must be NAME=JSON`);
  const value = text.slice(at + 1);
  try {
    return [text.slice(0, at), JSON.parse(value) as unknown];
  } catch {
    return [text.slice(0, at), value];
  }
}

/** The command that makes every proposed change; null without any. */
function commandFor({ target, fitting }: TargetTest): string | null {
  if (fitting.length === 0) return null;
  const words = fitting.flatMap((one) => one.split(' ')).map(quoted);
  return `redrain targets set ${target.name} ${words.join(' ')}`;
}

const quoted = (word: string): string =>
  /^[A-Za-z0-9_=.,:/@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

function textOf(report: TargetTest, command: string | null): string {
  const { target, works, findings } = report;
  const lines = [[target.name, target.address, target.format].filter(Boolean).join('  ')];
  lines.push(...factLines(report));
  for (const { code, severity, message } of findings)
    lines.push(
      `${severity === 'error' ? color.red('error') : color.yellow('warning')} ${code}: ${message}`,
    );
  if (command !== null) lines.push(`What fits: ${command}`);
  lines.push(works ? `${target.name} takes events.` : `${target.name} cannot work like this.`);
  return lines.join('\n');
}

function factLines({ facts }: TargetTest): string[] {
  const { http_status: status, answer_ms: ms, results, deduplicates, largest_bytes: most } = facts;
  if (status === null || ms === null) return [];
  const said = [
    `HTTP ${status} in ${ms} ms`,
    results === true ? 'a result for each event' : 'the status counts',
    ...(deduplicates === true ? ['knows what it has'] : []),
    ...(most === null ? [] : [`took a request of ${bytes(most)}`]),
  ];
  return [said.join(', ')];
}
