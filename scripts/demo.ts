import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { demoEvents } from './demo-events.js';

/** The main job, as a person would do it, on a home and with receivers of its own. */
const CLI = fileURLToPath(new URL('../../lib/cli.js', import.meta.url));
const EVENTS = 300;

const place = mkdtempSync(join(tmpdir(), 'redrain-demo-'));
const env: NodeJS.ProcessEnv = {
  PATH: process.env.PATH,
  HOME: place,
  REDRAIN_HOME: join(place, 'home'),
  SPEC_KITTY_ENABLE_SAAS_SYNC: '1',
  SPEC_KITTY_TOKEN: 'any-token-will-do-for-the-stub',
  SPEC_KITTY_TEAM: 'demo-team',
  SPEC_KITTY_USER: 'you@example.com',
};
const receivers: ChildProcess[] = [];

try {
  await demo();
} finally {
  for (const receiver of receivers) receiver.kill();
  rmSync(place, { recursive: true, force: true });
}

async function demo(): Promise<void> {
  say(
    `${EVENTS} events of two projects are captured: they are on disk before anyone asks where to`,
  );
  const file = join(place, 'events.jsonl');
  const events = demoEvents(EVENTS, Date.parse('2026-03-02T13:00:00Z'));
  writeFileSync(file, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  redrain('capture', file);
  const before = journalDigest();

  say('Two receivers start: preview environment A and its successor B');
  const a = await startReceiver('A');
  const b = await startReceiver('B');

  say('Drain to A. A hosted team sees only projects that were allowed, so allow them first');
  redrain('server', a.url);
  redrain('projects', 'allow', '--all');
  redrain('now');
  redrain('now');
  redrain('status');

  say('A is thrown away. Point redrain at B and drain again: the same events, every one');
  a.stop();
  redrain('server', b.url);
  redrain('now');
  redrain('targets');

  say('What B holds, and what the journal still holds');
  const stats = (await (await fetch(`${b.url}/stats`)).json()) as { unique: number };
  console.log(`B holds ${stats.unique} of ${EVENTS} events`);
  const same = journalDigest() === before;
  console.log(
    `the journal holds ${EVENTS} payloads, ${same ? 'byte for byte as captured' : 'CHANGED'}`,
  );
  if (stats.unique !== EVENTS || !same) throw new Error('the demo did not do what it says');
}

function say(text: string): void {
  console.log(`\n# ${text}`);
}

function redrain(...args: string[]): void {
  console.log(`\n$ redrain ${args.map((arg) => arg.replace(place, '…')).join(' ')}`);
  const { stdout, stderr, status } = spawnSync(process.execPath, [CLI, ...args], {
    env,
    encoding: 'utf8',
  });
  process.stdout.write(stderr + stdout);
  if (status !== 0) throw new Error(`redrain ${args[0]} ended with ${status}`);
}

async function startReceiver(name: string): Promise<{ url: string; stop(): void }> {
  const child = spawn(
    process.execPath,
    [CLI, 'serve', '--json', '--db', join(place, `${name}.db`)],
    {
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  receivers.push(child);
  let text = '';
  for await (const line of createInterface({ input: child.stdout })) {
    text += line;
    if (line === '}') break;
  }
  const { url } = JSON.parse(text) as { url: string };
  console.log(`${name} listens on ${url}`);
  return { url, stop: () => child.kill() };
}

/** One digest over every payload in journal order. */
function journalDigest(): string {
  const db = new Database(join(place, 'home', 'journal.db'), { readonly: true });
  const digest = createHash('sha256');
  for (const { bytes } of db
    .prepare('SELECT bytes FROM payload ORDER BY seq')
    .iterate() as Iterable<{
    bytes: Buffer;
  }>)
    digest.update(bytes);
  db.close();
  return digest.digest('hex');
}
