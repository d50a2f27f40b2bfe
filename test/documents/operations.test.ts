import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { openRedrain } from '../../src/index.js';
import { externalTo, writeConfig } from '../library/given-redrain.js';
import { captured, envelopes, sendTo } from '../processes/given-events.js';
import { type Cli, type CliResult, startReceiver } from '../support/cli.js';
import { codeBlocks, documentText } from '../support/markdown.js';
import { readWorkerOptions } from '../workers/read-worker-options.js';
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

describe('docs/operations.md, the crontabs', () => {
  /** Commands of the lines with a time, and the assignments above them. */
  const crontabs = codeBlocks(text, 'cron').map((block) => ({
    block,
    commands: [...block.matchAll(/^(?:[\d*/,-]+ +){5}(.*)$/gm)].map(([, command]) => command ?? ''),
  }));

  it('name the places that cron does not look at by itself', () => {
    expect(crontabs[0]?.block).to.match(/^PATH=\/usr\/local\/bin:/m);
    expect(crontabs[0]?.block).to.match(/^REDRAIN_HOME=/m);
  });

  it('have lines that do their work silently', async () => {
    const reader = await givenLiveHome();
    const commands = crontabs.flatMap((crontab) => crontab.commands);
    expect(commands).to.have.length(3);
    for (const command of commands) {
      const here = command
        .replaceAll('/opt/redrain', resolve('.'))
        .replaceAll('/var/lib/redrain', reader.cli.home);
      const run = await reader.types(here);
      expect(run, command).to.include({ code: 0, stdout: '', stderr: '' });
    }
  });
});

describe('docs/operations.md, the unit', () => {
  const unit = blockWith('[Install]', 'ini');

  it('starts workers that exist', () => {
    const kinds = [...text.matchAll(/redrain@(\w+)/g)].map(([, kind]) => kind ?? '');
    expect(new Set(kinds)).to.include.all.keys('capture', 'dispatch', 'gc');
    const [, path = ''] = /^ExecStart=\S+ \/opt\/redrain\/(\S+)$/m.exec(unit) ?? [];
    for (const kind of kinds) expect(existsSync(path.replace('%i', kind)), kind).to.equal(true);
  });

  it('waits longer for a worker than the worker waits for its work', () => {
    const seconds = Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1]);
    const { grace } = readWorkerOptions('dispatch', []);
    expect(seconds * 1000).to.be.greaterThan(grace);
    const stop = Number(/--stop-timeout (\d+)/.exec(blockWith('docker run'))?.[1]);
    expect(stop * 1000).to.be.greaterThan(grace);
  });
});

/** Five events, sent to a receiver within redrain; a `sqlite3` as far as a backup needs it. */
async function givenLiveHome(): Promise<Reader> {
  const reader = new Reader({ npm_config_update_notifier: 'false' });
  sendTo(reader.cli, 'stub:');
  await captured(reader.cli, envelopes(5));
  expect((await reader.cli.run(['now'])).code).to.equal(0);
  const driver = import.meta.resolve('better-sqlite3');
  const program = `import Database from '${driver}'; const [file, sql] = process.argv.slice(1); new Database(file).exec(sql);`;
  const quoted = program.replaceAll("'", "'\\''");
  reader.install('sqlite3', `exec '${process.execPath}' --input-type=module -e '${quoted}' "$@"`);
  return reader;
}

async function givenThreeTargets({ home }: Cli): Promise<void> {
  const redrain = await openRedrain({ home, env: {} });
  await redrain.capture({ event_id: 'first', event_type: 'T' });
  for (const name of ['one', 'two', 'three']) {
    writeConfig(home, externalTo(`stub:${name}`));
    await redrain.drain();
  }
  await redrain.close();
}
