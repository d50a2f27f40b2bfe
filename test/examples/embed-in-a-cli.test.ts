import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Cli, type CliResult, startReceiver } from '../support/cli.js';
import { external } from '../workers/worker-process.js';
import { startExample } from './start-example.js';

const notes = (cli: Cli, ...args: string[]): Promise<CliResult> =>
  startExample(cli, 'embed-in-a-cli/notes.mjs', args).exited;

describe('the example of a command that embeds redrain', () => {
  it('keeps an event of each note, and sends them when it is asked to', async () => {
    const cli = new Cli();
    const receiver = await startReceiver();
    expect(await notes(cli, 'add', 'buy', 'milk')).to.include({ code: 0, stdout: '' });
    expect(await notes(cli, 'add', 'call Ada')).to.include({ code: 0, stdout: '' });
    expect((await notes(cli, 'list')).stdout).to.equal('buy milk\ncall Ada\n');
    await external(cli, `${receiver.url}/events`);
    expect(await notes(cli, 'sync')).to.include({ code: 0, stdout: '2 sent, 0 not taken\n' });
    const arrived = receiver.sink
      .eventIds()
      .map((id) => JSON.parse(`${receiver.sink.bytesOf(id)}`));
    expect(arrived.map(({ event_type }) => event_type)).to.deep.equal(['NoteAdded', 'NoteAdded']);
    expect(arrived.map(({ characters }) => characters)).to.deep.equal([8, 8]);
    expect(await notes(cli, 'sync')).to.include({ code: 0, stdout: '0 sent, 0 not taken\n' });
  });

  it('says that nothing can be sent while there is no target', async () => {
    const cli = new Cli();
    await notes(cli, 'add', 'wait');
    const run = await notes(cli, 'sync');
    expect(run).to.include({ code: 6, stdout: '0 sent, 0 not taken\n' });
    expect(run.stderr).to.equal('no target yet\n');
  });

  it('keeps the note and names the event where nothing can be stored', async () => {
    const cli = new Cli();
    mkdirSync(cli.home);
    writeFileSync(join(cli.home, 'redrain'), 'a file is in the way');
    const run = await notes(cli, 'add', 'kept');
    expect(run.code).to.equal(9);
    expect(run.stderr).to.match(/LOST: [0-9a-f-]{36}/);
    expect(readFileSync(join(cli.cwd, 'notes.txt'), 'utf8')).to.equal('kept\n');
  });

  it('says how it is used', async () => {
    const run = await notes(new Cli(), 'frobnicate');
    expect(run.code).to.equal(64);
    expect(run.stderr).to.match(/^usage: notes/);
  });
});
