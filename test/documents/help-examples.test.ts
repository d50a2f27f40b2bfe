import { chmodSync, cpSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { App } from '../../src/app/app.js';
import { enqueue } from '../../src/app/jobs/enqueue.js';
import { setSchedule } from '../../src/app/jobs/schedules.js';
import { TOKEN_FILE } from '../../src/cli/edge-tokens.js';
import { TokenFile } from '../../src/edges/token-file.js';
import { newToken, withToken } from '../../src/edges/tokens.js';
import { openRedrain, type Redrain } from '../../src/index.js';
import { gcWorker } from '../../src/workers/gc-worker.js';
import { externalTo, writeConfig } from '../library/given-redrain.js';
import { arrived } from '../support/arrivals.js';
import { temporaryHome } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';
import { givenService, runIdle } from '../workers/given-service.js';
import { documentedCommands } from './command-tree.js';
import { Typist } from './typist.js';

/** The id that the examples name. */
const EVENT_ID = '01KXDKC13SPEZK7YDHMV6YKW4H';

/** They do not end by themselves, or need a terminal or a server; their own tests run them. */
const ELSEWHERE = ['serve', 'receive', 'login', 'worker', 'open', 'storage import'];

/** A home that has what the examples name. */
interface ExampleHome {
  readonly home: string;
  readonly archive: string;
  readonly job: string;
}

describe('the example of every command', () => {
  const examples = documentedCommands().flatMap(({ words, help }) => {
    const lines = help.split('\nExample:\n').slice(1);
    return lines.map((line) => ({ name: words.join(' '), line: line.trim() }));
  });

  it('is one line, and there is one', () => {
    const names = examples.map(({ name }) => name);
    const expected = documentedCommands().flatMap(({ words }) => words.join(' ') || []);
    expect(names).to.deep.equal(expected);
    for (const { line } of examples) expect(line).to.not.include('\n');
  });

  it('can be typed as it is', async function () {
    // A copy of the home for each of them: half a minute alone, minutes beside much else.
    this.timeout(400_000);
    const given = await givenExampleHome();
    const typist = new Typist();
    const typed = examples.filter(({ name }) => !ELSEWHERE.includes(name));
    expect(typed.length).to.be.greaterThan(50);
    for (const { name, line } of typed) {
      const place = givenPlace(given);
      for (const words of commandsIn(meant(line, given))) {
        const code = await typist.type({ ...place, words });
        // This home has conflicts to decide, and those who check say so.
        const isCheck = words.includes('--check') || words[0] === 'doctor';
        const expected = isCheck ? 2 : 0;
        expect(code, `${name}: ${words.join(' ')}\n${typist.said}`).to.equal(expected);
      }
    }
  });
});

/** A copy of the home, and a directory with the files that the examples name. */
function givenPlace({ home }: ExampleHome) {
  const cli = new WarmCli();
  cpSync(home, cli.home, { recursive: true });
  privateAgain(cli.home);
  mkdirSync(join(cli.cwd, 'logs'));
  cli.file('logs/a.jsonl', [{ event_id: 'from-a-file' }]);
  return { home: cli.home, directory: cli.cwd };
}

/** Node 24 copies the modes of files and not those of directories. */
function privateAgain(directory: string): void {
  chmodSync(directory, 0o700);
  for (const entry of readdirSync(directory, { withFileTypes: true }))
    if (entry.isDirectory()) privateAgain(join(directory, entry.name));
}

/** The words after each `redrain` of a line. */
const commandsIn = (line: string): string[][] =>
  line.split(' && ').map((command) => {
    const words = command.match(/"[^"]*"|\S+/g) ?? [];
    return words.slice(1).map((word) => word.replaceAll('"', ''));
  });

/** The example with what only this home can know, and with no server that anybody could ask. */
const meant = (line: string, { archive, job }: ExampleHome): string =>
  line
    .replaceAll('https://preview-42.example', 'http://127.0.0.1:9')
    .replace(/archive-\d{8}T[\w-]+/, archive)
    .replace(/\b(jobs \w+) 42\b/, `$1 ${job}`);

async function givenExampleHome(): Promise<ExampleHome> {
  const home = temporaryHome();
  const redrain = await openRedrain({ home, env: {} });
  await redrain.capture({ event_id: 'archived', event_type: 'T', project_uuid: 'p' });
  await drainedToThree(home, redrain);
  const archived = await archivedIn(home);
  const ids = [EVENT_ID, 'second', 'third'];
  for (const content of [1, 2])
    for (const event_id of ids) await redrain.capture({ event_id, event_type: 'T', content });
  await drainedToThree(home, redrain);
  writeConfig(home, `${externalTo('stub:three')}\n[sync.targets.billing]\nurl = "stub:billing"\n`);
  await redrain.close();
  await givenEdge(home);
  return { home, ...archived };
}

/** A home that has sent to this one, and its token. */
async function givenEdge(home: string): Promise<void> {
  const app = new App({ home, env: {} });
  await (await app.stores()).journal.append(arrived([1]), 'capture');
  const file = new TokenFile(join(app.paths.state, TOKEN_FILE));
  file.write(withToken('', newToken('laptop', null).entry));
  await app.close();
}

async function drainedToThree(home: string, redrain: Redrain): Promise<void> {
  for (const name of ['one', 'two', 'three']) {
    writeConfig(home, externalTo(`stub:${name}`));
    await redrain.drain();
  }
}

/** Archives what every target has, as the worker does it; a schedule named gc beside that job. */
async function archivedIn(home: string): Promise<Pick<ExampleHome, 'archive' | 'job'>> {
  const service = await givenService(home);
  const job = await enqueue(service.queues, 'archive', { yes: true });
  await setSchedule(service.queues, 'gc', { pattern: '0 3 * * *', tz: 'UTC' }, 'gc', {});
  await runIdle(gcWorker, service);
  const [file = ''] = readdirSync(service.app.paths.archiveDir);
  return { archive: file.replace(/\..*$/, ''), job: job.id };
}
