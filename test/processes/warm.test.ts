import { expect } from 'chai';
import { Cli, type CliOptions, type CliResult } from '../support/cli.js';
import { WarmCli } from '../support/warm-cli.js';

const EVENT = '{"event_id":"e1","event_type":"Happened"}\n';

/** Results of all kinds: text, a document, a remark, wrong usage, input, a variable. */
const LINES: readonly (readonly [line: string, options?: CliOptions])[] = [
  ['status --check'],
  ['capture', { stdin: EVENT }],
  ['capture --json', { stdin: EVENT }],
  ['capture', { stdin: 'not JSON\n' }],
  ['capture events.jsonl'],
  ['targets add a http://127.0.0.1:9/ --auth-env KEY'],
  ['targets test a', { env: { KEY: 'k' } }],
  ['targets test a'],
  ['now', { env: { KEY: 'k' } }],
  ['now'],
  ['status --output csv'],
  ['--help'],
  ['nothing'],
];

/** What was said, but for what is another in every home. */
const said = ({ code, stdout, stderr }: CliResult, { root }: Cli) => ({
  code,
  stdout: stdout.replaceAll(root, ''),
  stderr: stderr.replaceAll(root, ''),
});

async function everything(cli: Cli): Promise<unknown[]> {
  cli.file('events.jsonl', [EVENT.trim(), '{"event_id":"e2","event_type":"Happened"}']);
  const all: unknown[] = [];
  for (const [line, options] of LINES) {
    const run = await cli.run(line.split(' '), options);
    all.push({ line, ...said(run, cli) });
  }
  return all;
}

describe('the process that runs the commands of many tests', () => {
  it('gives what processes of their own give', async () => {
    const own = await everything(new Cli());
    expect(await everything(new WarmCli())).to.deep.equal(own);
  });

  it('starts a process for what is read only at the start, and for a death', async () => {
    const coloured = await new WarmCli({ FORCE_COLOR: '1' }).run(['doctor']);
    expect(coloured.stdout).to.include('\u001b[');
    const crash = { step: 'journal.appended', nth: 1 };
    const killed = await new WarmCli().run(['capture'], { stdin: EVENT, crash });
    expect(killed.signal, killed.stderr).to.equal('SIGKILL');
  });
});
