import { expect } from 'chai';
import { buildProgram } from '../../src/cli/program.js';
import { VERSION } from '../../src/version.js';
import { type Cli, inPairs } from '../support/cli.js';
import { WarmCli } from '../support/warm-cli.js';

/** Commands that keep their names; more may be added. */
const COMMANDS =
  'capture server mode login logout now status targets events projects inspect retry replay diff gc archive restore redact verify audit config migrate conflicts enqueue schedule jobs worker serve doctor'.split(
    ' ',
  );

/** Names below the headings of a help text, but for arguments, options and examples. */
function commandsIn(help: string): string[] {
  const lists = help.replace(/^Arguments:\n[\s\S]*?\n\n/m, '');
  const names = [...lists.matchAll(/^ {2}([a-z]+)(?: [^\n]*)?$/gm)].map(([, name]) => name ?? '');
  return names.filter((name) => !['help', 'redrain'].includes(name));
}

async function help(cli: Cli, command: readonly string[]): Promise<string> {
  const run = await cli.run([...command, '--help']);
  expect(run.code, `${command.join(' ')}: ${run.stderr}`).to.equal(0);
  expect(run.stderr).to.equal('');
  return run.stdout;
}

describe('the help', () => {
  const texts = new Map<string, string>();

  before(async () => {
    const cli = new WarmCli().theirs();
    const root = await help(cli, []);
    texts.set('', root);
    await inPairs(commandsIn(root), async (name) => {
      const text = await help(cli, [name]);
      texts.set(name, text);
      for (const inner of commandsIn(text))
        texts.set(`${name} ${inner}`, await help(cli, [name, inner]));
    });
  });

  it('lists every command', () => {
    expect(commandsIn(texts.get('') ?? '')).to.include.members(COMMANDS);
  });

  it('shows an example of every command', () => {
    const without = [...texts].filter(([path, text]) => !hasExample(path, text));
    expect(without.map(([path]) => path)).to.deep.equal([]);
  });

  it('names --home, --json, --verbose and --quiet everywhere', () => {
    for (const [path, text] of texts)
      for (const flag of ['--home', '--json', '--verbose', '--quiet'])
        expect(text, path).to.include(flag);
  });

  it('has a list of commands only where there are some besides the help', () => {
    const lists = [...texts.values()].map((text) => /^Commands:\n((?: .*\n)+)/m.exec(text)?.[1]);
    expect(lists.filter((list) => list !== undefined)).to.have.length.above(5);
    expect(lists.filter((list) => list?.match(/^ {2}\w/gm)?.length === 1)).to.deep.equal([]);
  });

  it('fits 80 columns', () => {
    const wide = [...texts.values()].flatMap((text) =>
      text.split('\n').filter((line) => line.length > 80),
    );
    expect(wide).to.deep.equal([]);
  });

  it('lists the commands in groups, what is Spec Kitty’s last', () => {
    const headings = texts.get('')?.match(/^[A-Z][\w ]+(?=:$)/gm);
    expect(headings).to.deep.equal([
      'Options',
      'Start',
      'Look',
      'Repair',
      'Keep house',
      'Workers',
      'Settings',
      'Spec Kitty',
    ]);
  });

  it('names nothing of Spec Kitty where the home is neutral, and its commands work all the same', async () => {
    const program = await buildProgram(['server'], () => undefined, { isNeutral: true });
    expect(program.helpInformation()).to.not.match(/spec.?kitty|login|server/i);
    expect(program.commands.map((one) => one.name())).to.include('server');
  });

  it('names the exit codes', () => {
    expect(texts.get('')).to.match(/\b64 usage/);
  });

  it('never says "feature"', () => {
    for (const [path, text] of texts) expect(text, path).not.to.match(/feature/i);
  });

  it('is not needed for the version', async () => {
    expect(await new WarmCli().run(['--version'])).to.include({ code: 0, stdout: `${VERSION}\n` });
  });
});

/** Also where it is one of several commands in a line. */
function hasExample(path: string, text: string): boolean {
  if (path === '') return true;
  const [, example = ''] = text.split('\nExample:\n');
  return example.includes(`redrain ${path}`);
}
