import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { SECRET } from '../catalogue/plain-receivers.js';
import { post, requestsFor, type WrittenRequest } from '../catalogue/reference-client.js';
import { codeBlocks, documentText } from '../support/markdown.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';

interface Language {
  readonly name: string;
  /** How it is known that the language is there. */
  readonly version: readonly [string, ...string[]];
  readonly command: readonly [string, ...string[]];
  readonly file: (format: string) => string;
}

const LANGUAGES: readonly Language[] = [
  {
    name: 'Node',
    version: [process.execPath, '--version'],
    command: [process.execPath],
    file: (format) => `node/${format}.mjs`,
  },
  {
    name: 'Python',
    version: ['python3', '--version'],
    command: ['python3', '-B'],
    file: (format) => `python/${format}.py`,
  },
  {
    name: 'Go',
    version: ['go', 'version'],
    command: ['go', 'run'],
    file: (format) => `go/${format}/main.go`,
  },
];

const PAYLOADS = [0, 1, 2].map((index) =>
  JSON.stringify({ event_id: `Order-${index}`, event_type: 'OrderPlaced', index }),
);

const pathOf = (language: Language, format: string) =>
  resolve('examples/receivers', language.file(format));

function isThere({ version: [program, ...args] }: Language): boolean {
  return spawnSync(program, args).status === 0;
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts one of them as its reader would; ended with the test. */
async function start(language: Language, format: string): Promise<string> {
  const port = await freePort();
  const cwd = temporaryHome();
  const [program, ...args] = language.command;
  const child = spawn(program, [...args, pathOf(language, format)], {
    cwd,
    detached: true,
    env: { ...process.env, PORT: String(port), HOOK_SECRET: SECRET, GOCACHE: join(cwd, 'cache') },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let words = '';
  child.stderr.on('data', (data) => {
    words += data;
  });
  closeAfterTest(async () => {
    if (child.exitCode !== null) return;
    const ended = once(child, 'exit');
    // The whole group: `go run` starts what it has compiled.
    process.kill(-(child.pid as number), 'SIGKILL');
    await ended;
  });
  const url = `http://127.0.0.1:${port}/in`;
  for (let tries = 0; tries < 600; tries += 1) {
    if (child.exitCode !== null) throw new Error(`it ended: ${words}`);
    if (await listens(port)) return url;
    await delay(100);
  }
  throw new Error(`it does not listen: ${words}`);
}

async function listens(port: number): Promise<boolean> {
  const socket = net.connect(port, '127.0.0.1');
  const is = await Promise.race([
    once(socket, 'connect').then(() => true),
    once(socket, 'error').then(() => false),
  ]).catch(() => false);
  socket.destroy();
  return is;
}

const tampered = ({ headers, body }: WrittenRequest): WrittenRequest[] => [
  { headers, body: `${body} ` },
  { headers: { ...headers, 'webhook-id': 'another' }, body },
  { headers: { ...headers, 'webhook-timestamp': '1' }, body },
  { headers: { ...headers, 'webhook-signature': 'v1,AAAA' }, body },
  { headers: { 'content-type': 'application/json' }, body },
];

describe('the receivers of docs/receivers.md', () => {
  for (const language of LANGUAGES) {
    describe(`in ${language.name}`, () => {
      before(function () {
        if (isThere(language)) return;
        console.error(`SKIPPED: ${language.name} is not on this machine`);
        this.skip();
      });

      it('batch: results for each event, compressed or not, resent or not', async () => {
        const url = await start(language, 'batch');
        const [plain] = requestsFor({ format: 'batch' }, PAYLOADS.slice(0, 2));
        const [packed] = requestsFor({ format: 'batch', compression: 'gzip' }, PAYLOADS);
        const answers = await post(url, [plain as WrittenRequest, packed as WrittenRequest]);
        expect(answers.map(({ status }) => status)).to.deep.equal([200, 200]);
        expect(answers.map(({ body }) => statusesOf(body))).to.deep.equal([
          ['Order-0 success', 'Order-1 success'],
          ['Order-0 duplicate', 'Order-1 duplicate', 'Order-2 success'],
        ]);
      });

      it('webhook: takes what is signed, and nothing that was tampered with', async () => {
        const url = await start(language, 'webhook');
        const requests = requestsFor({ format: 'webhook', signed: true }, PAYLOADS);
        const taken = await post(url, requests);
        expect(taken.map(({ status }) => status)).to.deep.equal([204, 204, 204]);
        const [first] = requests;
        const refused = await post(url, tampered(first as WrittenRequest));
        expect(refused.map(({ status }) => status)).to.deep.equal([401, 401, 401, 401, 401]);
        const rotating = { ...first?.headers };
        rotating['webhook-signature'] = `v1,AAAA ${rotating['webhook-signature']}`;
        const [rotated] = await post(url, [{ headers: rotating, body: first?.body ?? '' }]);
        expect(rotated?.status).to.equal(204);
      });
    });
  }

  it('are shown as they are', () => {
    const document = documentText('docs/receivers.md');
    for (const language of LANGUAGES)
      for (const format of ['batch', 'webhook']) {
        const file = language.file(format);
        const [, extension = ''] = /\.(\w+)$/.exec(file) ?? [];
        const shown = codeBlocks(document, extension === 'mjs' ? 'js' : extension);
        expect(shown, file).to.include(readFileSync(pathOf(language, format), 'utf8'));
      }
  });
});

function statusesOf(body: string): string[] {
  const { results } = JSON.parse(body) as { results: { event_id: string; status: string }[] };
  return results.map(({ event_id: id, status }) => `${id} ${status}`);
}
