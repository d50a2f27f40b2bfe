import { expect } from 'chai';
import { captured, envelopes, sendTo } from '../processes/given-events.js';
import { type Cli, inPairs } from '../support/cli.js';
import { WarmCli } from '../support/warm-cli.js';

/** Every command that lists, and where its document has the rows. */
const LISTS = [
  ['events', 'events'],
  ['targets list', 'targets'],
  ['projects list', 'projects'],
  ['jobs list', 'jobs'],
  ['schedule list', 'schedules'],
  ['conflicts list', 'conflicts'],
  ['audit list', 'entries'],
  ['config', 'keys'],
  ['diff 1 2', 'events'],
] as const;

async function givenLists(): Promise<Cli> {
  const cli = new WarmCli();
  await captured(cli, envelopes(3));
  await captured(cli, ['{"event_id":"a,\\"b\\"\\u001b","event_type":"T, with comma"}']);
  sendTo(cli, 'stub:a');
  await cli.run(['now']);
  sendTo(cli, 'stub:b');
  await cli.run(['now', '--limit', '1']);
  const other = cli.file('other.jsonl', ['{"event_id":"e-0001","event_type":"another content"}']);
  expect((await cli.run(['capture', other])).code).to.equal(5);
  await cli.run(['enqueue', 'gc']);
  await cli.run(['schedule', 'defaults']);
  return cli;
}

describe('--output', () => {
  it('gives every list in four forms with the same rows', async () => {
    const cli = await givenLists();
    await inPairs(LISTS, async ([command, field]) => {
      const words = command.split(' ');
      const as = async (form: string): Promise<string> => {
        const run = await cli.run([...words, '--output', form]);
        expect(run.code, `${command} as ${form}: ${run.stderr}`).to.equal(0);
        return run.stdout;
      };
      const document = JSON.parse(await as('json'));
      expect(document).to.have.all.keys(
        Object.keys((await cli.run([...words, '--json'])).json<object>()),
      );
      const rows = document[field] as unknown[];
      if (field !== 'entries') expect(rows, command).to.not.be.empty;
      const lines = (await as('jsonl')).split('\n').slice(0, -1);
      expect(lines.map((line) => JSON.parse(line))).to.deep.equal(rows);
      const csv = (await as('csv')).split('\n').slice(0, -1);
      expect(csv, command).to.have.length(rows.length + 1);
      expect(csv[0]).to.match(/^[a-z_]+(,[a-z_]+)+$/);
      expect(await as('table'), command).to.equal((await cli.run(words)).stdout);
    });
  });

  it('quotes CSV as RFC 4180 says, spells control characters out, and keeps times and numbers', async () => {
    const cli = await givenLists();
    const { stdout } = await cli.run(['events', '--output', 'csv', '--limit', '1']);
    expect(stdout).to.match(
      /^captured_at,event_id,event_type,project_uuid,size,state\n\d{4}-\S+Z,"a,""b""\\x1b","T, with comma",,\d+,unsent\n$/,
    );
  });

  it('is one form: two, or one that does not exist, is a usage error', async () => {
    const cli = new WarmCli();
    const two = await cli.run(['events', '--json', '--output', 'csv']);
    expect(two).to.include({ code: 64 });
    expect(two.stderr).to.include('--json and --output csv are two forms: use one of them');
    const none = await cli.run(['events', '--output', 'xml']);
    expect(none.code).to.equal(64);
    expect(none.stderr).to.match(/table, json, jsonl, csv/);
    expect((await cli.run(['status', '--output', 'csv'])).code).to.equal(64);
  });
});
