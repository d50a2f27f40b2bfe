import { expect } from 'chai';
import { codeBlocks, documentText } from '../support/markdown.js';
import { documents } from './documents.js';
import { Reader } from './reader.js';
import type { Terminal } from './terminal.js';

/** What a document has somebody type, and what it says comes of it. */
interface Step {
  readonly command: string;
  readonly shown: string;
}

/** `$` begins a command; what follows, up to the next one, is its output. */
function stepsOf(block: string): Step[] {
  const commands = block.split(/^\$ /m).slice(1);
  return commands.map((text) => {
    const [command = '', ...shown] = text.split('\n');
    return { command: command.replaceAll('npx redrain', 'redrain'), shown: shown.join('\n') };
  });
}

/** One reader of one document: a terminal for the commands, one more for each receiver. */
class Session {
  readonly #reader = new Reader();
  readonly #terminal: Terminal = this.#reader.opensTerminal();
  /** The port of the document, and the one that was free. */
  readonly #ports: [string, string][] = [];

  async follow({ command, shown }: Step): Promise<void> {
    const port = /^redrain serve --port (\d+)$/.exec(command)?.[1];
    const text = port === undefined ? await this.#type(command) : await this.#serve(port);
    expect(text, command).to.equal(shown);
  }

  async #type(command: string): Promise<string> {
    const { text, code } = await this.#terminal.type(this.#here(command));
    expect(code, `${command}\n${text}`).to.equal(0);
    return this.#there(text);
  }

  async #serve(port: string): Promise<string> {
    const serve = this.#reader.starts('exec redrain serve --port 0');
    await serve.until(({ stdout }) => stdout.endsWith('\n'));
    this.#ports.push([`:${port}`, /:\d+/.exec(serve.stdout)?.[0] ?? '']);
    return this.#there(serve.stdout);
  }

  #here(text: string): string {
    return this.#ports.reduce((done, [said, free]) => done.replaceAll(said, free), text);
  }

  #there(text: string): string {
    return this.#ports.reduce((done, [said, free]) => done.replaceAll(free, said), text);
  }
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
      const session = new Session();
      for (const step of steps) await session.follow(step);
    });
});
