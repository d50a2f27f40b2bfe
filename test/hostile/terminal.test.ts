import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { scriptedServer } from '../receivers/scripted-server.js';
import { type Cli, type CliResult, inPairs } from '../support/cli.js';
import { rounds } from '../support/rounds.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';

/** Clears the screen, hides text, renames the window, asks the terminal to type, moves the cursor. */
const EVIL = '\u001b[2J\u001b[8m\u001b]0;owned\u0007\u001b[6n\u009b31m\u0085\r\u0008\u007f';
const FORGED = `${EVIL}\nerror: nothing is wrong`;
const ID = `e${FORGED}`;

/** One of each way a text gets out: a table, a report, a refusal. */
const IN_SHORT: readonly (readonly string[])[] = [
  ['events', '--state', 'terminal'],
  ['inspect', ID],
  ['capture', `none${FORGED}.jsonl`],
];
const COMMANDS: readonly (readonly string[])[] = [
  ...IN_SHORT,
  ['status'],
  ['events'],
  ['inspect', `no such ${FORGED}`],
  ['retry', '--event', ID],
  ['targets'],
  ['projects', 'list'],
  ['conflicts', 'list'],
  ['conflicts', 'show', '1'],
  [`unknown${FORGED}`],
  ['redact', ID, '--reason', FORGED],
  ['restore', `../${FORGED}`],
  ['now', '--target', FORGED],
  ['server', `https://host${FORGED}`],
  ['verify'],
  ['doctor'],
];

/** Nothing a terminal acts on but what shapes our own lines, and our colours. */
function expectHarmless(run: CliResult, label: string): void {
  const said = run.stdout + run.stderr;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours of our own are what may be there
  const withoutColours = said.replaceAll(/\u001b\[(?:1|2|22|31|32|33|39)m/g, '');
  expect(withoutColours, label).to.not.match(/[^\P{Cc}\n\t]/u);
  expect(run.code, `${label}: ${said}`).to.not.equal(null);
  expect(said.split('\n'), label).to.not.include('error: nothing is wrong');
}

async function givenEvilHome(): Promise<Cli> {
  const cli = new WarmCli();
  const words = { error: FORGED, error_message: FORGED, status: 'rejected', code: FORGED };
  const server = await scriptedServer(({ eventIds }) => ({
    status: 200,
    headers: { 'x-odd': 'y' },
    body: JSON.stringify({ results: eventIds.map((event_id) => ({ event_id, ...words })) }),
  }));
  closeAfterTest(() => server.close());
  const endpoint = `${server.url}/in`;
  cli.configure(`[sync]\nmode = "EXTERNAL_RECEIVER"\n[sync.external]\nendpoint = "${endpoint}"\n`);
  const event = { event_id: ID, event_type: `T${EVIL}`, project_uuid: `p${EVIL}`, repo_slug: EVIL };
  const name = `in${EVIL}.jsonl`;
  const lines = [event, { ...event, n: FORGED }, { event_id: `x${FORGED}` }];
  writeFileSync(join(cli.cwd, name), lines.map((one) => JSON.stringify(one)).join('\n'));
  expectHarmless(await cli.run(['capture', name], { env: { FORCE_COLOR: '1' } }), 'capture');
  return cli;
}

describe('escapes in ids, types, file names and answers', () => {
  it('never reach a terminal, and cannot imitate a line of redrain', async () => {
    const cli = await givenEvilHome();
    const env = { FORCE_COLOR: '1' };
    const now = await cli.run(['now'], { env });
    expect(now.code, now.stderr).to.equal(7);
    expectHarmless(now, 'now');
    expect(now.stderr).to.include('\\x1b[2J');
    await inPairs(rounds(IN_SHORT, COMMANDS), async (args) => {
      expectHarmless(await cli.run(args, { env }), args.join(' '));
    });
  });

  it('are unchanged in JSON, which stays valid and has none unescaped', async () => {
    const cli = await givenEvilHome();
    const run = await cli.run(['inspect', ID, '--json']);
    expect(run.json()).to.include({ event_id: ID });
    expectHarmless(run, 'inspect --json');
    for (const args of rounds([], [['events', '--json']])) {
      const listed = await cli.run(args);
      expect(listed.json<{ events: { event_id: string }[] }>().events[0]?.event_id).to.equal(ID);
      expectHarmless(listed, 'events --json');
    }
  });
});
