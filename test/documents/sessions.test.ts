import { spawnSync } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { expect } from 'chai';
import type { RunningCli } from '../support/cli.js';
import { codeBlocks, documentText } from '../support/markdown.js';
import { documents } from './documents.js';
import { Reader } from './reader.js';
import type { Terminal } from './terminal.js';

/** What a document has somebody type, and what it says comes of it. */
interface Step {
  readonly command: string;
  readonly shown: string;
  readonly code: number;
}

/**
 * `$` begins a command; what follows, up to the next one, is its output. A comment behind
 * the command may end with the exit code to expect: `# exit 7`.
 */
function stepsOf(block: string): Step[] {
  const commands = block.split(/^\$ /m).slice(1);
  return commands.map((text) => {
    const [command = '', ...shown] = text.split('\n');
    const code = Number(/ #.*exit (\d+)$/.exec(command)?.[1] ?? 0);
    return { command: command.replaceAll('npx redrain', 'redrain'), shown: shown.join('\n'), code };
  });
}

/** One reader of one document: a terminal for the commands, one more for each receiver. */
class Session {
  readonly #reader = new Reader();
  readonly #terminal: Terminal = this.#reader.opensTerminal();
  /** The port of the document, and the one that is free here. */
  readonly #ports: readonly (readonly [string, string])[];

  constructor(ports: readonly (readonly [string, string])[]) {
    this.#ports = ports;
  }

  async follow({ command, shown, code }: Step): Promise<void> {
    if (command.startsWith('curl ') && !hasCurl()) return;
    const here = this.#here(command);
    const text = SERVE.test(command) ? await this.#serve(here) : await this.#type(here, code);
    // What curl shows ends where the answer ends: the prompt would stand behind it.
    const lines = text === '' || text.endsWith('\n') ? text : `${text}\n`;
    expect(anyHome(this.#there(lines)), command).to.equal(anyHome(shown));
  }

  async #type(command: string, expected: number): Promise<string> {
    const { text, code } = await this.#terminal.type(command);
    expect(code, `${command}\n${text}`).to.equal(expected);
    return text;
  }

  async #serve(command: string): Promise<string> {
    const serve = this.#reader.starts(`exec ${command}`);
    const port = Number(SERVE.exec(command)?.[1]);
    // One that is told to be silent says nothing when it listens.
    if (command.includes(SILENT)) await listens(port, serve);
    else await serve.until(({ stdout }) => stdout.endsWith('\n'));
    return serve.stdout;
  }

  #here(text: string): string {
    return this.#ports.reduce((done, [said, free]) => done.replaceAll(said, free), text);
  }

  #there(text: string): string {
    return this.#ports.reduce((done, [said, free]) => done.replaceAll(free, said), text);
  }
}

/** Where it is not, one loud line says so. */
function hasCurl(): boolean {
  const isThere = spawnSync('curl', ['--version']).error === undefined;
  if (!isThere) process.stderr.write('\nSKIPPED: curl is not on this machine\n');
  return isThere;
}

/** `mktemp -d` names another directory each time. */
const anyHome = (text: string): string => text.replaceAll(/\/\S*\/tmp\.\w+/g, 'HOME');

/** Takes a port, and the terminal until it is stopped. */
const SERVE = /^redrain (?:serve|receive) --port (\d+)/;

const SILENT = '--log-level error';

/** Resolves once somebody listens there; rejects when the process has ended instead. */
async function listens(port: number, { child, exited }: RunningCli): Promise<void> {
  while (child.exitCode === null) {
    const isThere = await new Promise<boolean>((resolve) => {
      const probe = connect(port, '127.0.0.1', () => resolve(true)).on('error', () =>
        resolve(false),
      );
      probe.unref().end();
    });
    if (isThere) return;
  }
  const { stdout, stderr } = await exited;
  expect.fail(stdout + stderr);
}

/** For each port that the steps serve on, one that is free. */
async function portsFor(steps: readonly Step[]): Promise<[string, string][]> {
  const served = steps.flatMap(({ command }) => SERVE.exec(command)?.[1] ?? []);
  const free = new Set<number>();
  while (free.size < served.length) free.add(await freePort());
  return [...free].map((port, index) => [served[index] ?? '', String(port)]);
}

/**
 * Of as many digits as that of the document, so that lines break where they do there, and below
 * the ports that the system hands out: nobody who asks for any port gets it meanwhile.
 */
async function freePort(): Promise<number> {
  const port = 7000 + Math.floor(Math.random() * 1000);
  const isFree = await new Promise<boolean>((resolve) => {
    const probe = createServer()
      .once('error', () => resolve(false))
      .listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
  return isFree ? port : freePort();
}

describe('a reader who types what a document shows', () => {
  const sessions = documents()
    .map((path) => ({ path, steps: codeBlocks(documentText(path), 'console').flatMap(stepsOf) }))
    .filter(({ steps }) => steps.length > 0);

  it('can do so in the README', () => {
    const readme = sessions.find(({ path }) => path === 'README.md');
    expect(readme?.steps.length).to.be.greaterThan(8);
  });

  for (const { path, steps } of sessions)
    it(`sees what it shows: ${path}`, async () => {
      const session = new Session(await portsFor(steps));
      for (const step of steps) await session.follow(step);
    });
});
