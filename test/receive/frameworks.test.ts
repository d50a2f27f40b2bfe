import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { Webhook } from 'standardwebhooks';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';
import { batchOf } from './given-receiver.js';

const SECRET = `whsec_${Buffer.from('a secret of this test').toString('base64')}`;
const TOKEN = 'a token of this test';
const PAGE = readFileSync('docs/receive.md', 'utf8');
const BLOCKS = new Map(
  [...PAGE.matchAll(/^```js\n\/\/ (\w+)\.mjs\n([\s\S]*?)^```/gm)].map(
    ([, name = '', code = '']) => [name, code],
  ),
);
/** The README has the receiver and its server in one. */
const README = readFileSync('README.md', 'utf8')
  .split('```')
  .find((block) => block.includes("from 'redrain/receive'"));
BLOCKS.set('readme', README?.replace(/^js\n/, '') ?? '');
const PROGRAMS = ['readme', 'node', 'express', 'fastify', 'hono'];

/** Runs the programs of docs/receive.md as they stand there, but for the port. */
describe('README and docs/receive.md', () => {
  it('takes at most 15 lines of code', () => {
    expect([...BLOCKS.keys()]).to.have.members(['receiver', ...PROGRAMS]);
    for (const name of PROGRAMS) {
      const code = name === 'readme' ? [name] : ['receiver', name];
      const lines = code.flatMap((part) => BLOCKS.get(part)?.split('\n').filter(Boolean) ?? []);
      expect(lines.length, name).to.be.within(5, 15);
    }
  });

  for (const name of PROGRAMS)
    it(`${name} takes every format with the defaults of its framework: compressed, signed, once`, async () => {
      const home = temporaryHome();
      const url = await started(name, home);
      const single = { event_id: 'w', event_type: 'T' };
      for (const [body, headers] of [
        [batchOf({ event_id: 'a', event_type: 'T' }), { 'content-type': 'application/json' }],
        ['{"event_id":"b"}\n{"event_id":"a"}', { 'content-type': 'application/x-ndjson' }],
        [JSON.stringify(single), { 'content-type': 'application/json', 'webhook-id': 'w' }],
        ['<xml/>', { 'content-type': 'text/xml', 'webhook-id': 'x' }],
        [
          '{"specversion":"1.0","id":"c","source":"/s","type":"T"}',
          { 'content-type': 'application/cloudevents+json' },
        ],
        ['[]', { 'ce-specversion': '1.0', 'ce-id': 'd', 'ce-source': '/s', 'ce-type': 'T' }],
      ] as const)
        for (const coding of ['', 'gzip', 'br'] as const)
          expect([coding, await posted(url, body, headers, coding)]).to.deep.equal([coding, 200]);
      const forged = { 'webhook-id': 'forged', 'webhook-signature': 'v1,AAAA' };
      expect(await posted(url, batchOf(single), forged)).to.equal(401);
      expect(await posted(url, Buffer.alloc(20_000_000), {}, 'gzip')).to.equal(413);
      const database = new Database(join(home, 'orders.db'), { readonly: true });
      closeAfterTest(() => database.close());
      const ids = database.prepare('SELECT id FROM orders ORDER BY id').pluck().all();
      expect(ids).to.deep.equal(['a', 'b', 'c', 'd', 'w', 'x']);
    });
});

describe('the adapter for Express', () => {
  it('takes the bytes that express.raw kept, and refuses what express.json has read', async () => {
    const home = temporaryHome();
    const url = await started('express', home, (code) =>
      code.replace(
        "express().post('/events',",
        "express().use(express.raw({ type: '*/*' })).post('/events',",
      ),
    );
    expect(await posted(url, batchOf({ event_id: 'a' }), {}, 'gzip')).to.equal(200);
    const parsed = await started('express', temporaryHome(), (code) =>
      code.replace('express().post', 'express().use(express.json()).post'),
    );
    expect(await posted(parsed, batchOf({ event_id: 'a' }), {})).to.equal(500);
  });
});

/** The address of the program once it listens. It ends after the test. */
async function started(
  name: string,
  home: string,
  edit: (code: string) => string = (code) => code,
): Promise<string> {
  const port = await freePort();
  // Below the package, so that it finds itself and the frameworks by their names.
  const folder = resolve('dist', 'docs-receive', `${name}-${port}`);
  mkdirSync(folder, { recursive: true });
  const write = (file: string, code: string) => writeFileSync(join(folder, `${file}.mjs`), code);
  write('receiver', BLOCKS.get('receiver') ?? '');
  write(name, edit(BLOCKS.get(name) ?? '').replace('8080', String(port)));
  const child = spawn(process.execPath, [join(folder, `${name}.mjs`)], {
    cwd: home,
    env: { PATH: process.env.PATH, HOOK_SECRET: SECRET, HOOK_TOKEN: TOKEN, NODE_ENV: 'production' },
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  closeAfterTest(() => child.kill('SIGKILL'));
  const url = `http://127.0.0.1:${port}/events`;
  for (let tries = 0; tries < 200; tries += 1) {
    if (await fetch(url, { method: 'POST' }).catch(() => undefined)) return url;
    await delay(50);
  }
  return expect.fail(`${name} does not listen: ${child.stderr?.read()}`);
}

/** A webhook is signed, and what is signed is what the body decodes to; all others bring the token. */
async function posted(
  url: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>>,
  coding: keyof typeof CODINGS | '' = '',
): Promise<number> {
  const id = headers['webhook-id'];
  const sent = coding === '' ? Buffer.from(body) : CODINGS[coding](body);
  const response = await fetch(url, {
    method: 'POST',
    body: new Uint8Array(sent),
    headers: {
      'content-type': 'application/json',
      ...(id === undefined ? { authorization: `Bearer ${TOKEN}` } : signatureOf(id, body)),
      ...(coding !== '' && { 'content-encoding': coding }),
      ...headers,
    },
  });
  await response.text();
  return response.status;
}

const CODINGS = { gzip: gzipSync, br: brotliCompressSync };

function signatureOf(id: string, body: string | Buffer): Record<string, string> {
  const at = new Date();
  return {
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(SECRET).sign(id, at, body.toString()),
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolved) => server.once('listening', resolved));
  const address = server.address();
  await new Promise((resolved) => server.close(resolved));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
