import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { openRedrain } from '../../src/index.js';
import { externalTo, writeConfig } from '../library/given-redrain.js';
import { envelopes } from '../processes/given-events.js';
import { type Cli, type CliResult, startReceiver } from '../support/cli.js';
import { codeBlocks, documentText } from '../support/markdown.js';
import { givenLiveHome } from './live-home.js';
import { Reader } from './reader.js';

const text = documentText('docs/operations.md');
const OF_A_PROJECT = { event_type: 'BuildFinished', project_uuid: 'harbor' };

/** The one block of this language that has these words in it. */
function blockWith(words: string, language = 'sh'): string {
  const found = codeBlocks(text, language).filter((block) => block.includes(words));
  expect(found, words).to.have.length(1);
  return found[0] as string;
}

/** A block as it stands in the document, ended by the first command that fails. */
async function typed(reader: Reader, block: string): Promise<CliResult> {
  const run = await reader.types(`set -e\n${block}`);
  expect(run.code, `${block}\n${run.stdout}\n${run.stderr}`).to.equal(0);
  return run;
}

describe('docs/operations.md, typed', () => {
  it('in CI: everything arrives at the preview environment', async () => {
    const preview = await startReceiver();
    const reader = new Reader({ PREVIEW_URL: preview.url, PREVIEW_TOKEN: 'any' });
    mkdirSync(join(reader.cli.cwd, 'build/events'), { recursive: true });
    const events = ['a', 'b', 'c'].map((event_id) => ({ ...OF_A_PROJECT, event_id }));
    reader.cli.file('build/events/a.jsonl', events);
    await typed(reader, blockWith('PREVIEW_URL'));
    const report = JSON.parse(readFileSync(join(reader.cli.cwd, 'drain.json'), 'utf8')) as object;
    expect(report).to.include({ delivered: 3, blocked_reason: null });
    expect(preview.sink.stats().unique).to.equal(3);
  });

  it('jobs and schedules are added, shown and changed', async () => {
    const reader = new Reader();
    await givenThreeTargets(reader.cli);
    mkdirSync(join(reader.cli.cwd, 'logs'));
    for (const name of ['a', 'b']) reader.cli.file(`logs/${name}.jsonl`, envelopes(1));
    const { stdout } = await typed(reader, blockWith('redrain enqueue capture'));
    expect(stdout.match(/in queue capture: waiting/g)).to.have.length(2);
    const list = await reader.types('redrain schedule list');
    expect(list.stdout).to.match(/gc +gc +gc +0 3 \* \* \* Europe\/Berlin/);
  });

  it('a backup of a live home is a home, and so is what is restored from it', async () => {
    const reader = await givenLiveHome();
    const { cli } = reader;
    const backups = join(cli.root, 'backups');
    const busy = reader.starts(
      'for i in 1 2 3; do echo \'{"event_type":"T"}\' | redrain capture && redrain now; done',
    );
    const backup = blockWith('VACUUM INTO').replace('/var/backups/redrain', backups);
    const restored = join(cli.root, 'restored');
    const restore = `export REDRAIN_HOME='${restored}'\n${blockWith('cp -a "$backup/."')}`;
    const { stdout } = await typed(reader, `${backup}\nmkdir '${restored}'\n${restore}`);
    expect(stdout.match(/^OK: 10 checks passed/gm)).to.have.length(2);
    expect((await busy.exited).code).to.equal(0);
    const status = await reader.types(`redrain status --home '${restored}'`);
    const kept = Number(/^events kept +(\d+)/m.exec(status.stdout)?.[1]);
    expect(kept).to.be.within(5, 8);
    expect(status.stdout).to.include(`all events        ${kept} delivered = ${kept}\n`);
  });
});

async function givenThreeTargets({ home }: Cli): Promise<void> {
  const redrain = await openRedrain({ home, env: {} });
  await redrain.capture({ event_id: 'first', event_type: 'T' });
  for (const name of ['one', 'two', 'three']) {
    writeConfig(home, externalTo(`stub:${name}`));
    await redrain.drain();
  }
  await redrain.close();
}
