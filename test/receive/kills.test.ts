import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { seededRandom } from '../../src/receivers/stub/misbehaviour.js';
import { rounds } from '../support/rounds.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';
import type { AnswerDocument } from './given-receiver.js';

const CHILD = fileURLToPath(new URL('children/receiving.js', import.meta.url));
const EVENTS = rounds(2_000, 100_000);
const TIMES = 10;
const PER_REQUEST = rounds(50, 500);
const KILLS = rounds(8, 50);
const SEED = Number(process.env.REDRAIN_TEST_SEED ?? rounds(4_711, Date.now() % 1_000_000));

describe('a receiver on the kit that is killed between effect and answer', () => {
  it(`has the effect of ${EVENTS} events once each, though each comes ${TIMES} times and more (seed ${SEED})`, async () => {
    const file = join(temporaryHome(), 'effects.db');
    const random = seededRandom(SEED);
    const requests = shuffled(random);
    const every = Math.floor(requests.length / KILLS);
    let kills = 0;
    let receiver: Running | undefined;
    const restarted = (): Promise<Running> => {
      kills += receiver === undefined ? 0 : 1;
      const effects = kills % 2 === 0 ? 0 : 1 + Math.floor(random() * 5);
      const commits = 1 + Math.floor(random() * every);
      return start(file, kills < KILLS ? [effects, commits] : []);
    };
    let answered = 0;
    for (const request of requests) {
      receiver ??= await restarted();
      for (;;) {
        const answer: AnswerDocument | undefined = await post(receiver, request);
        answered += answer?.results?.length ?? 0;
        if (answer !== undefined) break;
        receiver = await restarted();
      }
    }
    expect(answered).to.equal(EVENTS * TIMES);
    expect(kills).to.equal(KILLS);
    const database = new Database(file, { readonly: true });
    closeAfterTest(() => database.close());
    const counts = database.prepare(
      'SELECT count(*) AS rows, count(DISTINCT id) AS ids FROM effect',
    );
    expect(counts.get()).to.deep.equal({ rows: EVENTS, ids: EVENTS });
  }).timeout(600_000);
});

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
}

async function start(file: string, death: readonly number[]): Promise<Running> {
  const child = spawn(process.execPath, [CHILD, file, ...death.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  closeAfterTest(() => child.kill('SIGKILL'));
  const [port] = (await once(child.stdout!, 'data')) as [Buffer];
  return { child, url: `http://127.0.0.1:${port.toString().trim()}/` };
}

/** Undefined when the receiver died over it. */
async function post({ child, url }: Running, body: string): Promise<AnswerDocument | undefined> {
  try {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url, { method: 'POST', headers, body });
    expect(response.status).to.equal(200);
    return (await response.json()) as AnswerDocument;
  } catch (error) {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    expect(child.signalCode, String(error)).to.equal('SIGKILL');
    return undefined;
  }
}

/** Every event as often as it comes, in requests of their own order. */
function shuffled(random: () => number): string[] {
  const bodies: { body: string; key: number }[] = [];
  for (let time = 0; time < TIMES; time += 1)
    for (let from = 0; from < EVENTS; from += PER_REQUEST) {
      const events = Array.from({ length: PER_REQUEST }, (_, index) => ({
        event_id: `event-${from + index}`,
      }));
      bodies.push({ body: JSON.stringify({ events }), key: random() });
    }
  return bodies.sort((a, b) => a.key - b.key).map(({ body }) => body);
}
