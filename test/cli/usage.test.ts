import { existsSync } from 'node:fs';
import { expect } from 'chai';
import type { Command, Option } from 'commander';
import { buildProgram, COMMAND_NAMES } from '../../src/cli/program.js';
import { inPairs } from '../support/cli.js';
import { WarmCli } from '../support/warm-cli.js';
import { readWorkerOptions } from '../workers/read-worker-options.js';

/** Command lines that are wrong, and what the message must say. */
const WRONG: readonly (readonly [args: string, says: RegExp])[] = [
  ['frobnicate', /unknown command 'frobnicate'/],
  ['--frobnicate', /unknown option '--frobnicate'/],
  ['capture --type', /--type <type>.*argument missing/],
  ['status --frobnicate', /unknown option/],
  ['status extra', /too many arguments/],
  ['server http://a.test http://b.test', /too many arguments/],
  ['now --target x', /there is no target x: `redrain targets`/],
  ['now --to x --all', /--all is every target/],
  ['now --target 99 --dry-run', /no target 99.*redrain targets/],
  ['now --target 1 --target 2', /--target <target>' was given more than once/],
  ['now --wait=1m --no-wait', /--wait.*--no-wait.*exclude each other/],
  ['--home a events --home b', /--home <dir>' was given more than once/],
  ['now --limit 1.5', /--limit.*whole number/],
  ['now --wait=soon', /cannot read --wait "soon"/],
  ['inspect', /missing required argument 'event-id'/],
  ['inspect no-such-event', /no-such-event/],
  ['server ftp://files.test', /ftp:\/\/files\.test.*https:\/\//],
  ['server nonsense', /nonsense/],
  ['server http://me:hunter2@a.test', /user or password/],
  ['server stub:', /stub/],
  ['mode NONSENSE', /no mode NONSENSE.*endpoint, keep, discard/],
  ['mode EXTERNAL_RECEIVER', /needs --endpoint/],
  ['mode EXTERNAL_RECEIVER --endpoint nonsense', /nonsense/],
  ['mode EXTERNAL_RECEIVER --endpoint http://me:hunter2@a.test', /user or password/],
  ['mode EXTERNAL_RECEIVER --endpoint stub: --header X-Key=hunter2-secret!', /NAME=ENV_VAR/],
  ['mode EXTERNAL_RECEIVER --endpoint stub: --ack perhaps', /--ack/],
  ['mode EXTERNAL_RECEIVER --endpoint stub: --max-events many', /--max-events.*whole number/],
  ['mode TEAMSPACE --endpoint http://a.test', /belong to endpoint/],
  ['mode --endpoint http://a.test', /name the mode/],
  ['projects allow', /--all or --unassigned/],
  ['projects frobnicate', /frobnicate|too many arguments/],
  ['serve --port x', /--port.*whole number/],
  ['serve --port 99999', /--port 99999/],
  ['serve --fail-rate 2', /--fail-rate.*0 to 1/],
  ['serve --reset 7', /--reset 7/],
];

describe('an option that takes one value', () => {
  it('is refused when it is given twice, for every command; a repeatable one is not', async () => {
    const build = () => buildProgram(COMMAND_NAMES, () => undefined);
    const program = await build();
    const singles = optionsOf(program);
    expect(singles.length).to.be.greaterThan(60);
    for (const { path, option } of singles) {
      const flag = option.long ?? option.flags;
      const value = option.argChoices?.[0] ?? VALUES.find((one) => takes(option, one));
      const twice = [...path, `${flag}=${value}`, `${flag}=${value}`];
      const fresh = muted(await build());
      expect(() => fresh.parse(twice, { from: 'user' }), twice.join(' ')).to.throw(
        /was given more than once/,
      );
    }
    expect(readWorkerOptions('dispatch', ['--target=1', '--target=2']).target).to.have.length(2);
  });
});

/** One of them is a value of every option. */
const VALUES = ['1', '1h', 'info'];

function takes({ parseArg }: Option, value: string): boolean {
  try {
    parseArg?.(value, undefined);
    return true;
  } catch {
    return false;
  }
}

interface Single {
  readonly path: readonly string[];
  readonly option: Option;
}

function optionsOf(command: Command, path: readonly string[] = []): Single[] {
  const own = command.options
    .filter(
      ({ required, optional, defaultValue }) =>
        (required || optional) && !Array.isArray(defaultValue),
    )
    .map((option) => ({ path, option }));
  return [...own, ...command.commands.flatMap((one) => optionsOf(one, [...path, one.name()]))];
}

function muted(command: Command): Command {
  command.configureOutput({ writeErr: () => undefined });
  for (const child of command.commands) muted(child);
  return command;
}

describe('a wrong command line', () => {
  it('is exit 64 and a message, with nothing sent, shown or created', async () => {
    const cli = new WarmCli();
    const runs = await inPairs(WRONG, ([args]) => cli.run(args.split(' ')));
    for (const [i, [args, says]] of WRONG.entries()) {
      const run = runs[i]!;
      expect(run.code, `${args}: ${run.stdout}${run.stderr}`).to.equal(64);
      expect(run.stdout, args).to.equal('');
      expect(run.stderr.replaceAll('\n', ' '), args).to.match(says);
      expect(run.stderr, args).not.to.match(/hunter2|not expected|^ +at /m);
    }
    expect(existsSync(cli.home)).to.equal(false);
  });

  it('is exit 64 for a target that is not known, with nothing sent', async () => {
    const run = await new WarmCli().run(['now', '--target', '99']);
    expect(run).to.include({ code: 64, stdout: '' });
    expect(run.stderr).to.match(/no target 99.*redrain targets/);
  });

  it('is exit 64 without any command', async () => {
    const run = await new WarmCli().run([]);
    expect(run.code).to.equal(64);
    expect(run.stderr).to.include('Usage: redrain');
  });
});
