import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { EXIT } from '../base/exit-codes.js';
import { type CommandBody, type DefineCommand, example } from './command.js';
import { demoEvents } from './demo-events.js';
import { Output } from './output.js';

const EVENTS = 300;

/** `redrain demo`: the main job, on a home and with receivers of its own. */
export const define: DefineCommand = (command, run) => {
  command
    .description(
      'Show the main job in a few seconds: capture events, send them to A, throw A away, send them all to B, verify. Everything is in a temporary directory and on this machine, and is removed in the end.',
    )
    .addHelpText('after', example('redrain demo'))
    .action(run(demo));
};

const demo: CommandBody = async (call) => {
  const stage = new Stage(new Output(call.globals));
  const stop = (code: number) => (): void => {
    stage.clear();
    process.exit(code);
  };
  const signals = [
    ['SIGINT', stop(EXIT.interrupted)],
    ['SIGTERM', stop(EXIT.terminated)],
    ['SIGHUP', stop(EXIT.hungUp)],
  ] as const;
  for (const [name, listener] of signals) process.once(name, listener);
  try {
    return await play(stage);
  } finally {
    for (const [name, listener] of signals) process.removeListener(name, listener);
    stage.clear();
  }
};

async function play(stage: Stage): Promise<number> {
  stage.say(`Capture: ${EVENTS} events are on disk before anyone asks where they go.`);
  const events = demoEvents(EVENTS, Date.parse('2026-03-02T13:00:00Z'));
  stage.write('events.jsonl', events);
  await stage.type('capture', 'events.jsonl');
  const before = await stage.digest();

  stage.say('Drain to A, a receiver on this machine. A second drain has nothing to send.');
  const a = await stage.receiver('A');
  await stage.type('targets', 'add', 'a', a.url);
  await stage.type('now');
  await stage.type('now');

  stage.say('Throw A away. B is new and empty: it gets the same events, every one.');
  a.stop();
  const b = await stage.receiver('B');
  await stage.type('targets', 'add', 'b', b.url);
  await stage.type('use', 'b');
  await stage.type('now');
  await stage.type('diff', 'a', 'b');

  stage.say('Verify: what B has, and what the journal still has.');
  await stage.type('verify');
  const { unique } = await b.stats();
  const isSame = (await stage.digest()) === before;
  return stage.end(unique, isSame);
}

interface Receiver {
  readonly url: string;
  stats(): Promise<{ readonly unique: number }>;
  stop(): void;
}

/** A temporary directory, commands that are typed in it, and what they start. */
class Stage {
  readonly #output: Output;
  readonly #place = mkdtempSync(join(tmpdir(), 'redrain-demo-'));
  readonly #children = new Set<ChildProcess>();

  constructor(output: Output) {
    this.#output = output;
  }

  say(text: string): void {
    this.#output.line(`\n# ${text}`);
  }

  write(name: string, events: readonly object[]): void {
    const lines = events.map((event) => `${JSON.stringify(event)}\n`);
    writeFileSync(join(this.#place, name), lines.join(''));
  }

  /** Types a command of redrain, and shows it with what it says. */
  async type(...args: string[]): Promise<void> {
    this.#output.line(`\n$ redrain ${args.join(' ')}`);
    this.#output.line((await this.#run(args)).trimEnd());
  }

  /** One digest over every event of the journal, in its order. */
  async digest(): Promise<string> {
    const exported = await this.#run(['events', '--export', '--limit', String(EVENTS + 1)]);
    return createHash('sha256').update(exported).digest('hex');
  }

  async receiver(name: string): Promise<Receiver> {
    const child = this.#start(['serve', '--json', '--db', `${name}.db`]);
    let text = '';
    for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
      text += line;
      if (line === '}') break;
    }
    const { url } = JSON.parse(text) as { url: string };
    return {
      url: `${url}/`,
      stats: async () => (await (await fetch(`${url}/stats`)).json()) as { unique: number },
      stop: () => child.kill(),
    };
  }

  end(unique: number, isSame: boolean): number {
    const ok = unique === EVENTS && isSame;
    const document = { events: EVENTS, at_b: unique, journal_unchanged: isSame, ok };
    this.#output.result(document, () =>
      [
        '',
        `B has ${unique} of ${EVENTS} events.`,
        `The journal has all ${EVENTS}, ${isSame ? 'byte for byte as they were captured' : 'CHANGED'}.`,
        ...(ok ? ['\nNow yours: `redrain init`'] : []),
      ].join('\n'),
    );
    return ok ? EXIT.done : EXIT.checkFailed;
  }

  /** Ends what was started, and removes the directory. */
  clear(): void {
    for (const child of this.#children) child.kill('SIGKILL');
    rmSync(this.#place, { recursive: true, force: true });
  }

  async #run(args: readonly string[]): Promise<string> {
    const child = this.#start(args);
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
    const code = await new Promise((resolve) => child.once('close', resolve));
    if (code !== 0) throw new Error(`redrain ${args[0]} ended with ${code}: ${text}`);
    return text;
  }

  /** Nothing of this process but its program and the way to it. */
  #start(args: readonly string[]): ChildProcess {
    const place = this.#place;
    const child = spawn(process.execPath, [commandLine(), ...args], {
      cwd: place,
      env: { HOME: place, TMPDIR: place, REDRAIN_HOME: join(place, 'home'), COLUMNS: '80' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return child;
  }
}

/** The command line itself: as it is bundled, else as it is compiled. */
function commandLine(): string {
  const files = ['../cli.cjs', './main.js'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  return files.find((file) => existsSync(file)) ?? process.argv[1] ?? '';
}
